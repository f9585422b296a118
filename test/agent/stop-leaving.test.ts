import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { realClock } from '../../agent/ops/clock.ts';
import { until } from '../harness/wait.ts';
import { startAgent, startServer, startSilentServer } from './in-process.ts';

const LINES = 20_000;
const lines = Array.from(
  { length: LINES },
  (_, n) => `Jul 15 11:30:35 host app: [12][INFO] message ${n} ${'x'.repeat(100)}\n`,
);

test('what is unread of a deleted file at a stop is in the spool, and arrives after the next start', async (t) => {
  const { port, leave } = await startSilentServer(t);
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
  await leave();
  const server = await startServer(t, port);
  startAgent(t, { ...setup, folder: first.folder });
  const text = () => server.messages().join('\n');
  await until('the last line has come', () => text().includes(`message ${LINES - 1} `));
  const numbers = new Set([...text().matchAll(/message (\d+) /g)].map(([, n]) => Number(n)));
  assert.equal(numbers.size, LINES);
});

test('the time that a stop has for what is unread of deleted files is shared by all destinations, and no more is taken', async (t) => {
  const { port } = await startSilentServer(t);
  const target = `tcp://127.0.0.1:${port}`;
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

test('where the spool is full at a stop, nothing of a deleted file goes into it ahead of what is older and has no room', async (t) => {
  const { port, leave } = await startSilentServer(t);
  const first = startAgent(t, {
    target: `tcp://127.0.0.1:${port}`,
    syslog: 'window = 512KiB',
    extra: 'max_size = 1MiB',
  });
  writeFileSync(first.file, lines.join(''));
  await until('the window is full', async () => {
    const { json } = await first.status();
    return 'agent' in json && (json.destinations[0]?.underway.bytes ?? 0) > 200_000;
  });
  rmSync(first.file);
  await until('the deletion is seen', () => first.said.some((one) => one.includes('was deleted')));
  assert.equal(await first.stop(), 0);
  assert.ok(first.said.some((one) => one.includes('The spool is full')));
  await leave();
  const server = await startServer(t, port);
  const once = { wait: 60_000 };
  assert.equal(
    await startAgent(t, { target: server.url, folder: first.folder, extra: 'max_size = 1MiB', once }).done,
    0,
  );
  const numbers = server.messages().flatMap((message) => /message (\d+) /.exec(message)?.[1] ?? []);
  assert.ok(numbers.length > 1_000);
  assert.deepEqual(numbers.map(Number), [...numbers.keys()]);
});
