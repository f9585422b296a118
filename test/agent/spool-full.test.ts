import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Status } from '../../agent/ops/status.ts';
import { freePort } from '../harness/processes.ts';
import { until } from '../harness/wait.ts';
import { startAgent, startServer } from './in-process.ts';

const LINES = 20_000;
const line = (n: number) => `Jul 15 11:30:35 host app: [12][INFO] message ${n} ${'x'.repeat(150)}\n`;

const numbersOf = ({ messages }: { messages(): string[] }) =>
  messages().flatMap((message) => Number(/message (\d+) /.exec(message)?.[1] ?? []));

async function fill(t: TestContext, full: string) {
  const port = await freePort();
  const agent = startAgent(t, { target: `tcp://127.0.0.1:${port}`, extra: `max_size = 1MiB\nfull = ${full}` });
  writeFileSync(agent.file, Array.from({ length: LINES }, (_, n) => line(n)).join(''));
  await until('it says that the spool is full', () => agent.said.some((sentence) => sentence.includes('is full')));
  return { port, agent, said: agent.said, file: agent.file };
}

test('with full = block the files wait while the spool is full, and all of it arrives in order afterwards', async (t) => {
  const { port } = await fill(t, 'block');
  const server = await startServer(t, port);
  await until('the last line has come', () => numbersOf(server).includes(LINES - 1));
  const numbers = numbersOf(server);
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => i),
  );
});

test('while the files wait for a full spool, status says so, and once there is room again it does not', async (t) => {
  const { port, agent } = await fill(t, 'block');
  const isFull = async () => ((await agent.status()).json as Status).destinations[0]?.full;
  await until('status says that it is full', async () => (await isFull()) === true);
  await startServer(t, port);
  await until('it is full no more', async () => (await isFull()) === false);
});

test('with full = drop-newest a small spool keeps what came first', async (t) => {
  const { port } = await fill(t, 'drop-newest');
  const server = await startServer(t, port);
  await until('something has come', () => numbersOf(server).length > 0);
  assert.deepEqual(
    numbersOf(server).slice(0, 300),
    Array.from({ length: 300 }, (_, i) => i),
  );
});

test('with full = block a file that is rotated away unread is warned of before rotation deletes it, and still arrives', async (t) => {
  const { port, said, file } = await fill(t, 'block');
  renameSync(file, `${file}.1`);
  writeFileSync(file, line(LINES));
  await until('it is warned of', () => said.some((one) => one.includes(`${file}.1 was rotated away with `)));
  renameSync(`${file}.1`, `${file}.2`);
  renameSync(file, `${file}.1`);
  writeFileSync(file, line(LINES + 1));
  await until('the next one is warned of', () => said.some((one) => /\.1 was rotated away with \d+B unread/.test(one)));
  assert.equal(said.filter((one) => one.includes('was rotated away with')).length, 2, 'each once');
  const server = await startServer(t, port);
  await until('the last line has come', () => numbersOf(server).includes(LINES + 1));
  const numbers = numbersOf(server);
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => i),
  );
});
