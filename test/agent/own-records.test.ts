import assert from 'node:assert/strict';
import { appendFileSync, cpSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { tellLoss } from '../../agent/own-records.ts';
import { verdict } from '../../agent/receive/verdict.ts';
import { loadConfig } from '../../agent/sections.ts';
import { createOwnWriter } from '../../agent/shape/own.ts';
import { inspectStore } from '../../agent/store/inspect.ts';
import type { Store } from '../../agent/store/store.ts';
import type { Walk } from '../../agent/walk.ts';
import { freePort } from '../harness/processes.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { verify } from '../receive/records.ts';
import { open } from '../store/help.ts';
import { type StartedAgent, startAgent, startServer } from './in-process.ts';

const line = (n: number) => `Jul 15 11:30:35 host app: [12][INFO] message ${n} ${'x'.repeat(150)}\n`;

/** What `receive --verify` would say of these messages. */
const reportOf = (messages: readonly string[]) => verdict(verify(messages));

/** An agent whose file was truncated while most of it was unread, because the spool was full and the server away. */
async function loseBytes(t: TestContext, port: number, syslog = ''): Promise<StartedAgent> {
  const agent = startAgent(t, { target: `tcp://127.0.0.1:${port}`, syslog, extra: 'max_size = 1MiB' });
  writeFileSync(agent.file, Array.from({ length: 20_000 }, (_, n) => line(n)).join(''));
  await until('the spool is full', () => agent.said.some((sentence) => sentence.includes('is full')));
  truncateSync(agent.file);
  await until('the loss is seen', () => agent.said.some((sentence) => sentence.includes('are lost')));
  return agent;
}

test('bytes that are lost are told in-band, to the byte, and the receiver tells them apart from a gap', async (t) => {
  const port = await freePort();
  const agent = await loseBytes(t, port);
  const { json } = await agent.status();
  const lost = json.lost[0]!.bytes;
  const server = await startServer(t, port);
  const told = await until('the record has come', () =>
    server.messages().find((message) => message.includes(' lost="')),
  );
  assert.match(
    told,
    new RegExp(
      `^<44>1 \\S+ \\S+ tailship - - \\[tail@32473 of="\\w{16}" from="\\d+" lost="${lost}" why="truncated"\\]`,
    ),
  );
  appendFileSync(agent.file, line(99_999));
  await until('the last line has come', () => server.messages().some((message) => message.includes('message 99999')));
  const report = reportOf(server.messages());
  assert.match(
    report.at(-1)!,
    new RegExp(`Incomplete: .*, 0 gaps, 0 bytes missing, and ${lost} bytes that the sender could not read\\.$`),
  );
});

test('with report_loss = off nothing is told in-band, and the loss is counted all the same', async (t) => {
  const port = await freePort();
  const agent = await loseBytes(t, port, 'report_loss = off');
  const server = await startServer(t, port);
  appendFileSync(agent.file, line(99_999));
  await until('the last line has come', () => server.messages().some((message) => message.includes('message 99999')));
  assert.ok(!server.messages().some((message) => message.includes(' lost="')));
  assert.ok((await agent.status()).json.lost[0]!.bytes > 0);
});

test('a loss is told even where the agent is killed right after it was counted', (t) => {
  const file = join(temporaryFolder(t), 'spool.db');
  const { store, clock } = open(t, file);
  const [destination] = loadConfig({ file: undefined, env: {}, cwd: dirname(file) }).config.destinations;
  const own = createOwnWriter(destination!.record, 'app', 'UTC');
  // Of a walk this needs no more.
  const walk = { destination, own, held: [] } as unknown as Walk;
  let outside: readonly unknown[] | undefined;
  const watched: Store = {
    ...store,
    spool(...given) {
      outside = inspectStore(file)?.losses;
      return store.spool(...given);
    },
  };
  const loss = { input: 'app', file: undefined, path: '/a', from: 3, to: 10, cause: 'deleted' } as const;
  tellLoss(loss, { clock, store: watched }, [walk]);
  assert.deepEqual(outside, [], 'nobody sees the loss before its record');
  // Killed: nothing of it was closed, and another opens what it left.
  cpSync(dirname(file), `${dirname(file)}-left`, { recursive: true });
  t.after(() => rmSync(`${dirname(file)}-left`, { recursive: true }));
  const after = open(t, join(`${dirname(file)}-left`, 'spool.db')).store;
  assert.equal(after.losses()[0]!.bytes, 7);
  const sent = after.read(destination!.name, 0);
  assert.match(sent!.batch.payload.toString(), / \[tail@32473 from="3" lost="7" why="deleted"\] /);
});

test('mark names each open generation and its committed byte, so that the quiet end of a file is proven', async (t) => {
  const port = await freePort();
  const server = await startServer(t, port);
  const agent = startAgent(t, { target: `tcp://127.0.0.1:${port}`, syslog: 'mark = 1s\nlinger = 100ms' });
  const text = `${line(1)}${line(2)}\n\n`;
  writeFileSync(agent.file, text);
  const proof = new RegExp(` tailship - - \\[tail@32473 mark="\\w{16}:${text.length}:2"\\] \\{"MSG":"-- MARK --"\\}$`);
  await until('a mark with all of it has come', () => server.messages().find((message) => proof.test(message)));
  assert.match(reportOf(server.messages())[0]!, new RegExp(` bytes 0..${text.length - 2} complete \\(2 records\\)$`));
  assert.match(reportOf(server.messages()).at(-1)!, /^Complete: 2 records/);
});
