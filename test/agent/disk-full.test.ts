import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { createServer, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { until } from '../harness/wait.ts';
import { startAgent } from './in-process.ts';

/** Text that compression makes little smaller. */
const line = (n: number) =>
  `Jul 15 11:30:35 host app: [12][INFO] message ${n} ${randomBytes(225).toString('base64')}\n`;
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => line(from + i)).join('');

/** A disk of `size`, as mount says it. Throws where this process may not make one. */
function smallDisk(size: string): { readonly folder: string; remove(): void } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch (error) {
    fs.rmdirSync(folder);
    throw error;
  }
  return {
    folder,
    remove() {
      execFileSync('umount', [folder]);
      fs.rmdirSync(folder);
    },
  };
}

/** Why a small disk cannot be made here; false where it can. CI must be able to. */
function whyNoDisk(): string | false {
  try {
    smallDisk('1m').remove();
    return false;
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    return 'mounting a tmpfs needs root';
  }
}
const skip = whyNoDisk();

/** A TCP server on `port` (0: any) that keeps the numbers of the messages that it gets, until it goes away. */
async function serve(port: number) {
  let text = '';
  const open: Socket[] = [];
  const server = createServer((socket) => {
    open.push(socket);
    socket.on('data', (bytes) => (text += bytes.toString('latin1'))).on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    numbers: () => [...text.matchAll(/message (\d+) /g)].map(([, n]) => Number(n)),
    has: (n: number) => text.includes(`message ${n} `),
    async leave() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const settings = (disk: string) => `path = ${path.join(disk, 'spool.db')}\nmax_size = 64MiB`;

test('a disk that fills up under the spool ends nothing and loses nothing, and sending goes on from spool and files', {
  skip,
}, async (t) => {
  const disk = smallDisk('32m');
  const first = await serve(0);
  await first.leave();
  const agent = startAgent(t, {
    target: `tcp://127.0.0.1:${first.port}`,
    syslog: 'linger = 50ms',
    spool: settings(disk.folder),
  });
  t.after(disk.remove);
  const last = 150_000;
  fs.writeFileSync(agent.file, lines(0, last));
  await until('it says that the disk is full', () =>
    agent.said.some((one) => /disk of the spool .* is full/.test(one)),
  );
  const server = await serve(first.port);
  t.after(server.leave);
  await until('the last line has come', () => server.has(last - 1));
  const seen = server.numbers();
  assert.deepEqual(
    [...new Set(seen)],
    Array.from({ length: last }, (_, n) => n),
    'all of it, in order',
  );
  await until('it has recovered by itself', () => agent.said.some((one) => /has room again/.test(one)));
});

test('a disk that something else fills does not keep lines from being sent, and is used again when it has room', {
  skip,
}, async (t) => {
  const disk = smallDisk('32m');
  const server = await serve(0);
  const agent = startAgent(t, {
    target: `tcp://127.0.0.1:${server.port}`,
    syslog: 'linger = 50ms',
    spool: settings(disk.folder),
  });
  t.after(disk.remove);
  fs.writeFileSync(agent.file, lines(0, 10));
  await until('ten lines have come', () => server.has(9));
  const ballast = path.join(disk.folder, 'ballast');
  try {
    for (;;) fs.appendFileSync(ballast, Buffer.alloc(4096));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  }
  for (let n = 10; n < 400; n++) {
    fs.appendFileSync(agent.file, line(n));
    await until(`line ${n} has come`, () => server.has(n));
  }
  await server.leave();
  fs.appendFileSync(agent.file, lines(400, 20_000));
  await until('it says that the disk is full', () =>
    agent.said.some((one) => /disk of the spool .* is full/.test(one)),
  );
  fs.rmSync(ballast);
  await until('it has recovered by itself', () => agent.said.some((one) => /has room again/.test(one)));
  const back = await serve(server.port);
  t.after(back.leave);
  await until('the last line has come', () => back.has(19_999));
  const seen = new Set([...server.numbers(), ...back.numbers()]);
  assert.equal(seen.size, 20_000);
});
