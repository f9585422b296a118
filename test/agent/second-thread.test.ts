/** The agent under a flow that counts as heavy from the first byte on, so that the second thread has a part in everything. */
import assert from 'node:assert/strict';
import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import type { Status } from '../../agent/ops/status.ts';
import { startWorker, type ThreadSetup } from '../../agent/thread.ts';
import { freePort } from '../harness/processes.ts';
import { until } from '../harness/wait.ts';
import { type StartedAgent, startAgent, startServer } from './in-process.ts';

const LINES = 40_000;
const lines = (from: number, to: number) =>
  Array.from(
    { length: to - from },
    (_, i) => `Jul 15 11:30:35 host app: [12][INFO] message ${from + i}. ${'订单 x '.repeat(12)}\n`,
  ).join('');
const numbersOf = (messages: readonly string[]) =>
  messages.map((one) => Number(/message (\d+)\./.exec(one)?.[1] ?? -1));
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

/** The second thread from the first byte on, with what tells how much it was given. */
function watched(): { thread: ThreadSetup; posted(): number; worker(): Worker } {
  let posted = 0;
  let worker: Worker;
  return {
    posted: () => posted,
    worker: () => worker,
    thread: {
      ...{ cores: 2, after: 0 },
      start() {
        worker = startWorker();
        const post = worker.postMessage.bind(worker);
        worker.postMessage = (order: { what: string }) => {
          if (order.what === 'shape') posted += 1;
          post(order);
        };
        return worker;
      },
    },
  };
}

/** Writes lines until the second thread has been given some: it takes a while to start. */
async function keepBusy(agent: StartedAgent, posted: () => number, from: number): Promise<number> {
  let written = from;
  await until('the second thread is at work', () => {
    appendFileSync(agent.file, lines(written, written + 500));
    written += 500;
    return posted() > 0;
  });
  return written;
}

test('what is shaped in the second thread arrives whole and in order, and so does the rest when that thread is killed', async (t) => {
  const server = await startServer(t);
  const { thread, posted, worker } = watched();
  const agent = startAgent(t, { target: server.url, thread });
  writeFileSync(agent.file, '');
  let written = await keepBusy(agent, posted, 0);
  const before = posted();
  appendFileSync(agent.file, lines(written, written + LINES));
  written += LINES;
  await until('it goes on in the second thread', () => posted() >= before + 3);
  void worker().terminate();
  await until('the end of the thread is told', () =>
    agent.said.some((one) => one.startsWith('The thread that shapes lines')),
  );
  appendFileSync(agent.file, lines(written, written + 1000));
  written += 1000;
  await until('the last line has come', () => server.messages().length >= written);
  assert.deepEqual(numbersOf(server.messages()), upTo(written));
  assert.equal(await agent.stop(), 0);
});

test('a stop in the middle of heavy work loses nothing: what the second thread has is shipped now or at the next start', async (t) => {
  const server = await startServer(t);
  const { thread, posted } = watched();
  const first = startAgent(t, { target: server.url, thread });
  writeFileSync(first.file, '');
  let written = await keepBusy(first, posted, 0);
  const before = posted();
  appendFileSync(first.file, lines(written, written + LINES));
  written += LINES;
  await until('it is in the middle of it', () => posted() > before);
  // What is left of a renamed file is saved before the end, so that it may vanish.
  renameSync(first.file, `${first.file}.1`);
  assert.equal(await first.stop(), 0);
  startAgent(t, { target: server.url, folder: first.folder });
  await until('the last line has come', () => numbersOf(server.messages()).includes(written - 1));
  assert.deepEqual([...new Set(numbersOf(server.messages()))], upTo(written));
});

test('what is unread of a deleted file at a stop is saved in one go, though the second thread was at it', async (t) => {
  const server = await startServer(t);
  const { thread, posted } = watched();
  // Nothing settles before the server closes, so that the window fills and the rest of the file waits.
  const syslog = 'window = 8MiB\nlinger = never';
  const first = startAgent(t, { target: server.url, syslog, thread });
  writeFileSync(first.file, '');
  let written = await keepBusy(first, posted, 0);
  appendFileSync(first.file, lines(written, written + 3 * LINES));
  written += 3 * LINES;
  await until('the window is full', async () => {
    const { json } = await first.status();
    return 'agent' in json && (json.destinations[0]?.underway.bytes ?? 0) > 4 * 2 ** 20;
  });
  rmSync(first.file);
  await until('the deletion is seen', () => first.said.some((one) => one.includes('was deleted')));
  assert.equal(await first.stop(), 0);
  startAgent(t, { target: server.url, folder: first.folder });
  // What the first agent sent may still be read after all that the second one sends.
  await until('all lines have come', () => new Set(numbersOf(server.messages())).size >= written);
  assert.deepEqual(
    [...new Set(numbersOf(server.messages()))].sort((a, b) => a - b),
    upTo(written),
  );
});

test('a reload in the middle of heavy work loses nothing, and what is shaped afterwards is shaped in the new way', async (t) => {
  const server = await startServer(t);
  const { thread, posted } = watched();
  const agent = startAgent(t, { target: server.url, thread });
  writeFileSync(agent.file, '');
  let written = await keepBusy(agent, posted, 0);
  appendFileSync(agent.file, lines(written, written + LINES));
  written += LINES;
  const [destination] = agent.config.destinations;
  agent.reload({
    ...agent.config,
    destinations: [{ ...destination!, record: { ...destination!.record, json: 'all' } }],
  });
  await until('it holds', () => agent.said.some((one) => one.startsWith('The new configuration holds')));
  appendFileSync(agent.file, lines(written, written + 100));
  written += 100;
  await until('the last line has come', () => numbersOf(server.messages()).includes(written - 1));
  assert.deepEqual(
    [...new Set(numbersOf(server.messages()))].sort((a, b) => a - b),
    upTo(written),
  );
  assert.match(server.messages().at(-1)!, /"HEADER"/);
});

test('what the second thread shapes during an outage goes to the spool in order, and --once drains it and reads on to the end', async (t) => {
  const port = await freePort();
  const { thread, posted } = watched();
  const first = startAgent(t, { target: `tcp://127.0.0.1:${port}`, thread });
  writeFileSync(first.file, '');
  const written = await keepBusy(first, posted, 0);
  appendFileSync(first.file, lines(written, LINES));
  await until('all is in the spool', async () => {
    const { json } = await first.status();
    return 'agent' in json && (json as Status).destinations[0]?.spool.lines === LINES;
  });
  const { ledger } = ((await first.status()).json as Status).destinations[0]!;
  assert.deepEqual([ledger.read.lines, ledger.spool.lines, ledger.underway.lines], [LINES, LINES, 0]);
  assert.equal(await first.stop(), 0);
  appendFileSync(first.file, lines(LINES, 2 * LINES));
  const server = await startServer(t, port);
  const again = watched();
  const once = { wait: 60_000 };
  const second = startAgent(t, { target: server.url, folder: first.folder, thread: again.thread, once });
  assert.equal(await second.done, 0);
  assert.deepEqual(numbersOf(server.messages()), upTo(2 * LINES));
});
