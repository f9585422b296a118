import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Status, Stopped } from '../../agent/ops/status.ts';
import { until } from '../harness/wait.ts';
import { createWorld, type Ran, sink, type World } from './fake-io.ts';

const LINES = 'Nov 23 10:00:00 web1 app: one\nNov 23 10:00:01 web1 app: two\n';

/** Waits until `look` gives something. */
/** A command that runs until it is stopped. */
function begin(world: World, ...argv: string[]) {
  const stop = new AbortController();
  let err = '';
  let out = '';
  const done = world.runWith(
    { stop: stop.signal, stderr: sink((text) => (err += text)), stdout: sink((text) => (out += text)) },
    ...argv,
  );
  return {
    err: () => err,
    out: () => out,
    async stop(): Promise<Ran> {
      stop.abort();
      return { code: (await done).code, out, err };
    },
  };
}

async function receiver(world: World, ...more: string[]) {
  const command = begin(world, 'receive', '--listen', 'tcp://127.0.0.1:0', '--out', '-', ...more);
  const url = await until('it listens', () => /Listening on (tcp:\S+)\.$/m.exec(command.err())?.[1]);
  return { ...command, url };
}

function configure(world: World, target: string): void {
  world.write(
    'config.conf',
    `[input]\npath = app.log\npoll = 20ms\n[transform]\ntimezone = UTC\n[syslog]\ntarget = ${target}\nlinger = 50ms\n`,
  );
}

const statusOf = async (world: World) => JSON.parse((await world.run('status', '--json')).out) as Status & Stopped;

test('run --once ships to receive what is there, and both end with 0', async () => {
  using world = createWorld();
  world.write('app.log', LINES);
  const server = await receiver(world, '--verify');
  configure(world, server.url);
  const { code, err } = await world.run('run', '--once', '--wait', '10s');
  assert.equal(code, 0, err);
  const { code: verified, out, err: said } = await server.stop();
  assert.equal(verified, 0, said);
  assert.deepEqual(
    out
      .trim()
      .split('\n')
      .map((line) => line.slice(0, 44)),
    ['<14>1 2026-11-23T10:00:00Z web1 app - - [tai', '<14>1 2026-11-23T10:00:01Z web1 app - - [tai'],
  );
});

test('the own log is JSON when stderr is no terminal, and its first line names the configuration', async () => {
  using world = createWorld();
  configure(world, 'udp://127.0.0.1:9');
  const { err } = await world.run('run', '--once', '--wait', '0');
  const entries = err
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: string; msg: string });
  assert.deepEqual([entries[0]?.level, entries[0]?.msg], ['info', `The configuration is ${world.folder}/config.conf.`]);
});

test('without a configuration file the first log line says so', {
  skip: fs.existsSync('/etc/tailship/config.conf') && 'this machine has /etc/tailship/config.conf',
}, async () => {
  using world = createWorld();
  fs.rmSync(path.join(world.folder, 'config.conf'));
  const env = {
    TAILSHIP_SPOOL_PATH: path.join(world.folder, 'spool.db'),
    TAILSHIP_INPUT_PATH: path.join(world.folder, 'x.log'),
  };
  const { err } = await world.runWith({ env }, 'run', '--once', '--wait', '0');
  const first = JSON.parse(err.split('\n')[0]!) as { msg: string };
  assert.equal(first.msg, 'No configuration file was found, so the defaults hold.');
});

test('run --once gives up after --wait without progress, says so, ends with 1, and what was not delivered is kept', async () => {
  using world = createWorld();
  world.write('app.log', LINES);
  configure(world, 'tcp://127.0.0.1:9');
  const { code, err } = await world.run('run', '--once', '--wait', '1s');
  assert.equal(code, 1);
  assert.match(
    err,
    /"code":"not-delivered","msg":"Not all is delivered, and nothing has moved for 1s: what the servers/,
  );
  const status = await statusOf(world);
  assert.equal(status.destinations[0]?.spool.lines, 2);
});

test('run --once ends with 0 where nothing is left to ship, also while the server is away', async () => {
  using world = createWorld();
  world.write('app.log', LINES);
  const server = await receiver(world);
  configure(world, server.url);
  assert.equal((await world.run('run', '--once')).code, 0);
  await server.stop();
  const { code, err } = await world.run('run', '--once', '--wait', '1h');
  assert.equal(code, 0, err);
});

test('status asks the running agent, and afterwards tells that it is not running and what it left', async () => {
  using world = createWorld();
  world.write('app.log', LINES);
  const before = await world.run('status');
  assert.equal(before.code, 1);
  assert.match(
    before.out,
    /^tailship is NOT RUNNING {2}.*config\.conf\n {2}It has never run with this configuration: there is no state file .*spool\.db\.\n$/,
  );

  const server = await receiver(world);
  configure(world, server.url);
  const agent = begin(world, 'run');
  const live = await until('the agent is live', async () => {
    const status = await statusOf(world);
    return status.destinations[0]?.inputs[0]?.ledger.acked.lines === 2 ? status : undefined;
  });
  assert.equal(live.agent.pid, process.pid);
  assert.equal(live.destinations[0]?.state, 'live');
  const { code, out } = await world.run('status');
  assert.equal(code, 0);
  assert.match(out, /^tailship \S+ {2}HEALTHY {2}running for /);
  assert.match(out, /^syslog {2}LIVE {2}tcp:\/\/127\.0\.0\.1:\d+, link up for /m);
  assert.match(out, /^ {4}.*app\.log {2}.* {2}60B {2}all settled/m);
  assert.match(out, /^ {4}2 lines read = 2 acked$/m);

  assert.equal((await agent.stop()).code, 0);
  await server.stop();
  const stopped = await world.run('status');
  assert.equal(stopped.code, 1);
  assert.equal(
    stopped.out.replaceAll(world.folder, '~').replace(/^( {6})[0-9a-z]{16}$/m, '$1~GEN'),
    `tailship is NOT RUNNING  ~/config.conf
  What follows is from the state file ~/spool.db.

syslog
  spool      empty

  input input
    ~/app.log  there  60B  all settled
      ~GEN
    2 lines read = 2 acked
`,
  );
});

test('a file that was renamed while the agent was stopped is not taken for the one that it knew', async () => {
  using world = createWorld();
  world.write('app.log', LINES);
  const server = await receiver(world);
  configure(world, server.url);
  assert.equal((await world.run('run', '--once')).code, 0);
  await server.stop();
  fs.renameSync(path.join(world.folder, 'app.log'), path.join(world.folder, 'app.log.1'));
  world.write('app.log', 'Nov 23 10:00:02 web1 app: three\n');
  const { out } = await world.run('status');
  assert.match(
    out,
    /app\.log {2}another file +settled up to 60B\n {6}[0-9a-z]{16} · renamed or deleted since; looked for at the next start$/m,
  );
});

test('an agent whose control socket is gone is told as one that does not answer', async () => {
  using world = createWorld();
  configure(world, 'tcp://127.0.0.1:9');
  const agent = begin(world, 'run');
  const socket = path.join(world.folder, 'spool.db.sock');
  await until('it answers', () => fs.existsSync(socket));
  fs.unlinkSync(socket);
  const { code, out } = await world.run('status');
  assert.equal(code, 0);
  assert.match(out, /^tailship DOES NOT ANSWER {2}/);
  assert.match(out, new RegExp(`^  Process ${process.pid} \\(tailship run\\) has held the state for `, 'm'));
  await agent.stop();
});

test('a second agent on the same state is told who holds it, as one sentence in the log, with exit code 1', async () => {
  using world = createWorld();
  configure(world, 'tcp://127.0.0.1:9');
  const agent = begin(world, 'run', '-c', 'config.conf');
  await until('it answers', () => fs.existsSync(path.join(world.folder, 'spool.db.sock')));
  const { code, err } = await world.run('run');
  assert.equal(code, 1);
  const last = JSON.parse(err.trim().split('\n').at(-1)!) as { level: string; msg: string };
  assert.equal(last.level, 'error');
  assert.match(
    last.msg,
    new RegExp(`^The spool .* is in use by process ${process.pid} \\(tailship run -c config\\.conf\\)`),
  );
  assert.doesNotMatch(err, /"stack"/);
  await agent.stop();
});

test('receive on a port that is in use is one sentence with its cure, and exit code 1; a URL that is none is 2', async () => {
  using world = createWorld();
  const server = await receiver(world);
  const { code, err } = await world.run('receive', '--listen', server.url);
  assert.equal(code, 1);
  assert.match(err, /^Cannot listen on tcp:\/\/127\.0\.0\.1:\d+: TCP port \d+ of 127\.0\.0\.1 is in use\./);
  await server.stop();
  assert.equal((await world.run('receive', '--listen', 'http://x')).code, 2);
  assert.equal((await world.run('receive', '--idle', 'soon')).code, 2);
});
