/** What a policy drops from the spool is told to the server, to the byte, so that it is no gap. */
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { verdict } from '../../agent/receive/verdict.ts';
import { freePort } from '../harness/processes.ts';
import { until } from '../harness/wait.ts';
import { verify } from '../receive/records.ts';
import { type StartedAgent, startAgent, startServer } from './in-process.ts';

const LINES = 20_000;
const line = (n: number) => `Jul 15 11:30:35 host app: [12][INFO] message ${n} ${'x'.repeat(150)}\n`;
const lines = (from: number, count: number) => Array.from({ length: count }, (_, i) => line(from + i)).join('');

/** What was dropped, by the books. */
async function dropped(agent: StartedAgent, cause: string) {
  return (await agent.status()).json.destinations[0]!.inputs[0]!.ledger.dropped[cause];
}

/** An agent that drops in an outage of its server by what `spool` says, over a rotation too. */
async function drops(t: TestContext, spool: string, syslog = ''): Promise<{ agent: StartedAgent; port: number }> {
  const port = await freePort();
  const agent = startAgent(t, { target: `tcp://127.0.0.1:${port}`, syslog, extra: `max_size = 1MiB\n${spool}` });
  writeFileSync(agent.file, lines(0, LINES));
  return { agent, port };
}

/** What the receiver has once the sender has told, and a last line has come behind it. */
async function heard(t: TestContext, port: number, file: string, last: number): Promise<string[]> {
  const server = await startServer(t, port);
  await until('it is told', () => server.messages().some((one) => one.includes(' dropped="')), { patience: 15_000 });
  appendFileSync(file, line(last));
  await until('the last line has come', () => server.messages().some((one) => one.includes(`message ${last} `)));
  return server.messages();
}

function assertExplained(messages: readonly string[], why: string, bytes: number): void {
  const report = verify(messages);
  assert.deepEqual([report.complete, report.gaps, report.missingBytes], [false, 0, 0], verdict(report).join('\n'));
  assert.equal(report.droppedBytes, bytes);
  assert.deepEqual([...new Set(report.generations.flatMap((one) => one.dropped.map((range) => range.why)))], [why]);
  const notices = messages.filter((one) => one.includes(' dropped="'));
  assert.ok(notices.length <= 4, `${notices.length} records tell of it`);
  const bytesTold = verdict(report).at(-1)!;
  assert.match(bytesTold, new RegExp(`^Incomplete: .*, 0 gaps, 0 bytes missing, ${bytes} bytes dropped by policy\\.$`));
}

for (const full of ['drop-oldest', 'drop-newest'] as const) {
  test(`what full = ${full} drops is told in ranges, over a rotation, and the receiver knows it from a gap`, async (t) => {
    const { agent, port } = await drops(t, `full = ${full}`);
    await until('all was read', async () => (await dropped(agent, 'spool-full')) !== undefined);
    renameSync(agent.file, `${agent.file}-20260701`);
    writeFileSync(agent.file, lines(LINES, LINES / 4));
    const all = (LINES * 5) / 4;
    await until(
      'all was read',
      async () => (await agent.status()).json.destinations[0]!.inputs[0]!.ledger.read.lines === all,
    );
    const messages = await heard(t, port, agent.file, all);
    assertExplained(messages, 'spool-full', (await dropped(agent, 'spool-full'))!.bytes);
    assert.match(verdict(verify(messages)).join('\n'), /^ {2}bytes \d+\.\.\d+ dropped by policy: spool-full$/m);
  });
}

test('what was dropped before kill -9 is told after it', async (t) => {
  const { agent, port } = await drops(t, 'full = drop-oldest');
  await until('something was dropped', async () => ((await dropped(agent, 'spool-full'))?.lines ?? 0) > LINES / 2);
  const left = mkdtempSync(join(tmpdir(), 'tailship-'));
  t.after(() => rmSync(left, { recursive: true, force: true }));
  // Killed: what stands on disk at this moment is all that is left of it.
  for (const end of ['', '-wal', '.positions'])
    cpSync(join(agent.folder, `spool.db${end}`), join(left, `spool.db${end}`));
  await agent.stop();
  const after = startAgent(t, {
    ...{ target: `tcp://127.0.0.1:${port}`, input: `path[] = ${agent.file}`, folder: left },
    extra: 'max_size = 1MiB\nfull = drop-oldest',
  });
  const messages = await heard(t, port, agent.file, LINES);
  assertExplained(messages, 'spool-full', (await dropped(after, 'spool-full'))!.bytes);
});

test('what is older than max_age is dropped, and told', async (t) => {
  const { agent, port } = await drops(t, 'max_age = 1s');
  await until('it is too old', async () => ((await dropped(agent, 'spool-age'))?.lines ?? 0) === LINES);
  const messages = await heard(t, port, agent.file, LINES);
  assertExplained(messages, 'spool-age', (await dropped(agent, 'spool-age'))!.bytes);
});

test('with report_loss = off nothing is told of it, now or later', async (t) => {
  const { agent, port } = await drops(t, 'full = drop-oldest', 'report_loss = off');
  await until('something was dropped', async () => (await dropped(agent, 'spool-full')) !== undefined);
  const server = await startServer(t, port);
  await until('the last line has come', () => server.messages().some((one) => one.includes(`message ${LINES - 1} `)));
  assert.ok(!server.messages().some((one) => one.includes(' dropped="')));
});
