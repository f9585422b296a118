import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { realClock } from '../../agent/ops/clock.ts';
import { until } from '../harness/wait.ts';
import { startAgent } from './in-process.ts';

const LINES = 20_000;
const lines = Array.from(
  { length: LINES },
  (_, n) => `Jul 15 11:30:35 host app: [12][INFO] message ${n} ${'x'.repeat(100)}\n`,
);

test('what is unread of a deleted file at a stop is in the spool, and arrives after the next start', async (t) => {
  const open: Socket[] = [];
  let text = '';
  let reads = false;
  const server = createServer((socket) => {
    open.push(socket);
    if (!reads) return;
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const setup = { target: `tcp://127.0.0.1:${port}`, syslog: 'window = 256KiB' };
  const first = startAgent(t, setup);
  writeFileSync(first.file, lines.join(''));
  const filled = async () => {
    const { json } = await first.status();
    return 'agent' in json && (json.destinations[0]?.underway.bytes ?? 0) > 0;
  };
  await until('the window is full', filled);
  rmSync(first.file);
  await until('the deletion is seen', () => first.said.some((one) => one.includes('was deleted')));
  assert.equal(await first.stop(), 0);
  reads = true;
  startAgent(t, { ...setup, folder: first.folder });
  await until('the last line has come', () => text.includes(`message ${LINES - 1} `));
  const numbers = new Set([...text.matchAll(/message (\d+) /g)].map(([, n]) => Number(n)));
  assert.equal(numbers.size, LINES);
});

test('the time that a stop has for what is unread of deleted files is shared by all destinations, and no more is taken', async (t) => {
  const open: Socket[] = [];
  const server = createServer((socket) => open.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const target = `tcp://127.0.0.1:${(server.address() as { port: number }).port}`;
  // From the stop on every look at the clock takes a while, so that there is time for a few chunks and not for all.
  let late: number | undefined;
  const ticks = () => {
    if (late === undefined) return realClock.ticks();
    late += 100;
    return late;
  };
  const extra = `[syslog.second]\ntarget = ${target}\nwindow = 256KiB`;
  const agent = startAgent(t, { target, syslog: 'window = 256KiB', extra, clock: { ...realClock, ticks } });
  writeFileSync(agent.file, lines.join(''));
  const destinations = async () => (await agent.status()).json.destinations;
  await until('both windows are full', async () => {
    const { json } = await agent.status();
    return 'agent' in json && json.destinations.every(({ underway }) => underway.bytes > 200_000);
  });
  rmSync(agent.file);
  await until('the deletion is seen', () => agent.said.some((one) => one.includes('was deleted')));
  late = realClock.ticks();
  assert.equal(await agent.stop(), 0);
  const saved = (await destinations()).map(({ spool }) => spool.lines);
  assert.ok(
    saved.every((count) => count > 4_000 && count < LINES),
    `${saved}`,
  );
});
