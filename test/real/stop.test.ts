import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { leftBehind, startAgent, status, stopped, writeConfig } from '../harness/agent.ts';
import { freePort } from '../harness/processes.ts';
import { assertSameLines, once } from '../harness/records.ts';
import { startSink } from '../harness/sink.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { logLine } from '../harness/writer.ts';

const LINES = Array.from({ length: 20_000 }, (_, n) => logLine(n));
const TEXT = LINES.map((line) => `${line}\n`).join('');

test('SIGTERM with a server that never reads ends within 5 seconds, and the next start ships what it had not taken', async (t) => {
  const s = scene(t);
  fs.writeFileSync(s.at('app.log'), TEXT);
  const deaf = await startSink(s, { deaf: true });
  const conf = writeConfig(s, { target: `tcp://127.0.0.1:${deaf.port}`, syslog: 'json = all' });
  const agent = startAgent(s, conf);
  await until('the agent is connected and has read', async () => {
    const destination = deaf.connections() > 0 ? (await status(s, conf))?.destinations[0] : undefined;
    return (destination?.underway.lines ?? 0) > 0;
  });
  const from = performance.now();
  assert.equal(await stopped(agent), 0, agent.stderr());
  const took = performance.now() - from;
  assert.ok(took < 5_000, `it took ${took} ms`);
  const { acked, spool } = (await leftBehind(s, conf)).destinations[0]!.inputs[0]!.ledger;
  assert.equal(acked.lines, 0);
  assert.ok(spool.lines > 0, 'what was on its way is in the spool');

  const sink = await startSink(s);
  const next = startAgent(s, writeConfig(s, { target: `tcp://127.0.0.1:${sink.port}`, syslog: 'json = all' }));
  await until('the server has the last line', () => once(sink.messages()).lines.length === LINES.length, {
    told: next.stderr,
  });
  assertSameLines(once(sink.messages()).lines, LINES);
  assert.equal(await stopped(next), 0, next.stderr());
});

test('SIGTERM with a server that reads delivers what is under way and leaves nothing in the spool', async (t) => {
  const s = scene(t);
  fs.writeFileSync(s.at('app.log'), TEXT);
  const sink = await startSink(s);
  const conf = writeConfig(s, { target: `tcp://127.0.0.1:${sink.port}`, syslog: 'json = all' });
  const agent = startAgent(s, conf);
  await until('the server has lines', () => sink.messages().length > 0, { told: agent.stderr });
  assert.equal(await stopped(agent), 0, agent.stderr());
  const [left] = (await leftBehind(s, conf)).destinations;
  assert.equal(left?.spool.rows, 0);
  assert.equal(left?.inputs[0]?.ledger.acked.lines, sink.messages().length);

  const next = startAgent(s, conf);
  // It hears of signals from its first word on, and the first agent may have sent everything already.
  await until('the next agent has begun', () => next.stderr() !== '');
  await until('the server has the last line', () => sink.messages().length >= LINES.length, { told: next.stderr });
  assert.equal(await stopped(next), 0, next.stderr());
  const { lines, repeated } = once(sink.messages());
  assertSameLines(lines, LINES);
  assert.equal(repeated.count, 0);
});

test('SIGTERM while no server answers ends at once with everything in the spool or in the files', async (t) => {
  const s = scene(t);
  fs.writeFileSync(s.at('app.log'), TEXT);
  const port = await freePort();
  const conf = writeConfig(s, { target: `tcp://127.0.0.1:${port}`, syslog: 'json = all' });
  const agent = startAgent(s, conf);
  await until(
    'the spool has every line',
    async () => (await status(s, conf))?.destinations[0]?.spool.lines === LINES.length,
    { told: agent.stderr },
  );
  assert.equal(await stopped(agent), 0, agent.stderr());
  fs.rmSync(s.at('app.log'));
  const sink = await startSink(s, { port });
  const next = startAgent(s, conf);
  await until('the server has the last line', () => sink.messages().length === LINES.length, { told: next.stderr });
  assertSameLines(once(sink.messages()).lines, LINES);
  assert.equal(await stopped(next), 0, next.stderr());
});
