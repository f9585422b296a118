import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { until } from '../harness/wait.ts';
import { startAgent } from './in-process.ts';

const LINES = 20_000;
const line = (n: number) => `Jul 15 11:30:35 host app: [12][INFO] message ${n} ${'x'.repeat(150)}\n`;

/** A port on which nobody listens now. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

test('with full = block the files wait while the spool is full, and all of it arrives in order afterwards', async (t) => {
  const port = await freePort();
  const agent = startAgent(t, { target: `tcp://127.0.0.1:${port}`, extra: 'max_size = 1MiB\nfull = block' });
  writeFileSync(agent.file, Array.from({ length: LINES }, (_, n) => line(n)).join(''));
  await until('it says that the server is away', () => agent.said.some((sentence) => sentence.includes('spool')));
  let text = '';
  const open: Socket[] = [];
  const server = createServer((socket) => {
    open.push(socket);
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
    });
  });
  server.listen(port, '127.0.0.1');
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  await until('the last line has come', () => text.includes(`message ${LINES - 1} `));
  const numbers = [...text.matchAll(/message (\d+) /g)].map(([, n]) => Number(n));
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => i),
  );
});
