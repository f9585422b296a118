import assert from 'node:assert/strict';
import fs from 'node:fs';
import { type TestContext, test } from 'node:test';
import { startAgent, startReceiver, status, stopped, tailship, writeConfig } from '../harness/agent.ts';
import { received } from '../harness/records.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { logLine, startWriter } from '../harness/writer.ts';

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const text = (from: number, to: number): string =>
  numbers(from, to)
    .map((n) => `${logLine(n)}\n`)
    .join('');

/** Sixty lines, one for each second of a minute, that were shipped; and what it takes to ship more. */
async function shipped(t: TestContext) {
  const s = scene(t);
  const file = s.at('app.log');
  const server = await startReceiver(s, 'tcp');
  const conf = writeConfig(s, { target: `tcp://127.0.0.1:${server.port}`, syslog: 'json = all\nlinger = 50ms' });
  const run = async (...args: string[]) => {
    const running = tailship(s, args);
    const { code } = await running.exited;
    return { code, out: running.stdout(), err: running.stderr() };
  };
  let seen = 0;
  /** Ships what there is, and gives the numbers of the lines that came. */
  const ship = async (): Promise<number[]> => {
    const { code, err } = await run('run', '-c', conf, '--once', '--wait', '10s');
    assert.equal(code, 0, err);
    const fresh = server.lines().slice(seen);
    seen += fresh.length;
    return fresh.map((message) => Number(/message (\d+)/.exec(message)?.[1]));
  };
  fs.writeFileSync(file, text(0, 60));
  assert.deepEqual(await ship(), numbers(0, 60));
  return { s, file, server, conf, run, ship };
}

test('a file that is rewound to its beginning is sent again with the identities that it had', async (t) => {
  const { file, server, conf, run, ship } = await shipped(t);
  const { code, out } = await run('rewind', '-c', conf, file, '--to', 'beginning');
  assert.equal(code, 0);
  assert.match(out, /app\.log for syslog: byte \d{4} -> 0\n/);
  assert.deepEqual(await ship(), numbers(0, 60));
  const identities = server.lines().map((message) => received(message).gen + received(message).at);
  assert.deepEqual(identities.slice(60), identities.slice(0, 60));
  const verdict = await server.verdict();
  assert.equal(verdict.code, 0, verdict.text);
  assert.match(verdict.text, /60 repeats, nothing is missing/);
});

test('what stands before the place is skipped and told, so that the receiver misses nothing', async (t) => {
  const { file, server, conf, run, ship } = await shipped(t);
  fs.appendFileSync(file, text(60, 90));
  assert.equal((await run('rewind', '-c', conf, 'input', '--to', 'end')).code, 0);
  fs.appendFileSync(file, text(90, 100));
  assert.deepEqual(await ship(), numbers(90, 100));
  const verdict = await server.verdict();
  assert.equal(verdict.code, 0, verdict.text);
});

test('a time stands for the first line that is as young, a byte for the beginning of its line', async (t) => {
  const { file, server, conf, run, ship } = await shipped(t);
  const year = new Date().getMonth() * 31 + new Date().getDate() > 6 * 31 + 15 ? 0 : -1;
  const day = `${new Date().getFullYear() + year}-07-15`;
  assert.equal((await run('rewind', '-c', conf, 'input', '--to', `${day}T11:30:30`)).code, 0);
  assert.deepEqual(await ship(), numbers(30, 60));
  const byte = Buffer.byteLength(text(0, 40)) + 10;
  assert.equal((await run('rewind', '-c', conf, file, '--to', String(byte))).code, 0);
  assert.deepEqual(await ship(), numbers(40, 60));
  assert.equal(received(server.lines().at(-20)!).at, Buffer.byteLength(text(0, 40)));
});

test('with a time the rotated files are sent again too, in order', async (t) => {
  const { s, file, conf, run, ship } = await shipped(t);
  fs.renameSync(file, s.at('app.log.1'));
  fs.writeFileSync(file, text(60, 70).replaceAll('11:30', '11:31'));
  assert.deepEqual(await ship(), numbers(60, 70));
  const { code, out } = await run('rewind', '-c', conf, 'input', '--to', '1000d', '--json');
  assert.equal(code, 0);
  assert.deepEqual(
    (JSON.parse(out) as { path: string; to: number }[]).map((one) => [one.path, one.to]),
    [
      [s.at('app.log.1'), 0],
      [file, 0],
    ],
  );
  assert.deepEqual(await ship(), numbers(0, 70));
});

test('a file that is forgotten is sent again with new identities', async (t) => {
  const { server, conf, run, ship } = await shipped(t);
  const { code, out } = await run('forget', '-c', conf, 'input');
  assert.deepEqual([code, out], [0, '1 generation is forgotten.\n']);
  assert.deepEqual(await ship(), numbers(0, 60));
  assert.equal(new Set(server.lines().map((message) => received(message).gen)).size, 2);
});

test('a refusal is a sentence: of a file that was never read, and of what is no place', async (t) => {
  const { file, conf, run } = await shipped(t);
  const other = await run('forget', '-c', conf, 'nothing');
  assert.equal(other.code, 1);
  assert.match(other.err, /^tailship: nothing is neither an input \(there are: input\) nor a file that was read\./);
  const odd = await run('rewind', '-c', conf, file, '--to', 'noon');
  assert.match(odd.err, /--to noon: that is no place in a file\./);
});

/** The agent runs beside what it has shipped before. */
async function running(t: TestContext) {
  const world = await shipped(t);
  const agent = startAgent(world.s, world.conf);
  await until('the agent answers', () => status(world.s, world.conf));
  const arrived = (count: number) =>
    until(`${count} records are there`, () =>
      world.server.lines().length >= count ? world.server.lines() : undefined,
    );
  return { ...world, agent, arrived };
}

test('a running agent sends a file again with the identities that it had, and skips what it is told to skip', async (t) => {
  const { file, server, conf, run, agent, arrived } = await running(t);
  const { code, out, err } = await run('rewind', '-c', conf, file, '--to', 'beginning');
  assert.deepEqual([code, err], [0, '']);
  assert.match(out, /app\.log for syslog: byte \d{4} -> 0\n/);
  const twice = await arrived(120);
  const identities = twice.map((message) => received(message).gen + received(message).at);
  assert.deepEqual(identities.slice(60), identities.slice(0, 60));
  fs.appendFileSync(file, text(60, 70));
  await arrived(130);
  assert.equal((await run('rewind', '-c', conf, 'input', '--to', 'end', '--json')).code, 0);
  fs.appendFileSync(file, text(70, 71));
  await arrived(131);
  assert.equal(await stopped(agent), 0);
  const verdict = await server.verdict();
  assert.equal(verdict.code, 0, verdict.text);
});

test('an agent that has just been started is waited for', async (t) => {
  const { s, conf, run, server } = await shipped(t);
  const agent = startAgent(s, conf);
  const state = s.at('spool.db.holder');
  await until('the state is taken', () => (fs.existsSync(state) ? true : undefined));
  const { code, err } = await run('rewind', '-c', conf, 'input', '--to', 'beginning');
  assert.deepEqual([code, err], [0, '']);
  await until('all came twice', () => (server.lines().length === 120 ? true : undefined));
  assert.equal(await stopped(agent), 0);
});

test('a running agent forgets a file, and sends it at once with a new identity', async (t) => {
  const { server, conf, run, agent, arrived } = await running(t);
  const { code, out } = await run('forget', '-c', conf, 'input');
  assert.deepEqual([code, out], [0, '1 generation is forgotten.\n']);
  assert.equal(new Set((await arrived(120)).map((message) => received(message).gen)).size, 2);
  assert.equal(await stopped(agent), 0);
  assert.equal((await server.verdict()).code, 0);
});

test('positions that are moved under a stream lose nothing, and what cannot be done is refused in a sentence', async (t) => {
  const { s, file, server, conf, run, agent } = await running(t);
  const writer = startWriter(file, { from: 60, perTick: 5, every: 5 });
  for (let round = 0; round < 5; round += 1) {
    const { code, err } = await run('rewind', '-c', conf, file, '--to', round % 2 === 0 ? 'beginning' : '1000');
    assert.deepEqual([code, err], [0, '']);
  }
  const refused = await run('rewind', '-c', conf, s.at('other.log'), '--to', 'end');
  assert.equal(refused.code, 1);
  assert.match(refused.err, /other\.log is neither an input \(there are: input\) nor a file that was read\./);
  writer.stop();
  const end = 60 + writer.lines.length;
  const last = `message ${end - 1} `;
  await until('the last line is there', () => (server.lines().some((line) => line.includes(last)) ? true : undefined));
  assert.equal(await stopped(agent), 0);
  const seen = new Set(server.lines().map((message) => Number(/message (\d+)/.exec(message)?.[1])));
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    numbers(0, end),
  );
  const verdict = await server.verdict();
  assert.equal(verdict.code, 0, verdict.text);
});
