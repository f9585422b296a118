import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Status } from '../../agent/ops/status.ts';
import { until } from '../harness/wait.ts';
import { startAgent } from './in-process.ts';

const LINES = 20_000;
const line = (n: number) => `Jul 15 11:30:35 host app: [12][INFO] message ${n}. ${randomText(n)}\n`;
/** Text that no compression makes much smaller. */
const randomText = (n: number) => Array.from({ length: 8 }, (_, i) => Math.sin(n * 8 + i).toString(36)).join(' ');

/** A server that listens only once it is told to. */
async function startServer(t: TestContext) {
  let text = '';
  const open: Socket[] = [];
  const server = createServer((socket) => {
    open.push(socket);
    socket.on('data', (bytes) => (text += bytes.toString('latin1')));
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return { port, listen: () => listen(port), text: () => text };
}

test('a spool that turns out to be damaged while it is sent is set aside by the running agent, which sends all that can be read', async (t) => {
  const server = await startServer(t);
  const target = `tcp://127.0.0.1:${server.port}`;
  const first = startAgent(t, { target });
  writeFileSync(first.file, Array.from({ length: LINES }, (_, n) => line(n)).join(''));
  const spooled = async () => ((await first.status()).json as Status).destinations[0]?.spool.lines === LINES;
  await until('all is in the spool', spooled);
  await first.stop();
  const spool = join(first.folder, 'spool.db');
  // A page of messages, which nobody looks at before they are sent.
  const pages = readFileSync(spool);
  const at = pages.indexOf('message ', pages.length / 2);
  assert.ok(at > 0);
  const handle = openSync(spool, 'r+');
  writeSync(handle, Buffer.alloc(8192, 0xa5), 0, 8192, Math.floor(at / 8192) * 8192);
  closeSync(handle);

  await server.listen();
  const second = startAgent(t, { target, syslog: 'linger = 50ms', folder: first.folder });
  await until('it says so and goes on', () => second.said.some((one) => one.includes('is damaged. It is closed')));
  await until('the last line has come', () => server.text().includes(`message ${LINES - 1}. `));
  await until('all is settled', async () => {
    const { json } = await second.status();
    return 'agent' in json && json.destinations[0]?.spool.rows === 0;
  });
  const [destination] = ((await second.status()).json as Status).destinations;
  const { read, acked, dropped } = destination!.inputs[0]!.ledger;
  const lost = dropped['spool-damaged']?.lines ?? 0;
  assert.ok(lost > 0 && lost < LINES / 2, `${lost} lines were in the damaged row`);
  assert.deepEqual([read.lines, acked.lines + lost], [LINES, LINES]);
  const seen = new Set([...server.text().matchAll(/message (\d+)\./g)].map(([, n]) => n));
  assert.equal(seen.size, LINES - lost);
  assert.ok(readdirSync(first.folder).some((name) => name.startsWith('spool.db.broken-')));
});
