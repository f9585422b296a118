import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import type { Status, Stopped } from '../../agent/ops/status.ts';
import { freePort } from '../harness/processes.ts';
import { until } from '../harness/wait.ts';
import { createWorld, type Ran, sink, type World } from './fake-io.ts';

const LINES = 'Nov 23 10:00:00 web1 app: one\nNov 23 10:00:01 web1 app: two\n';

function configure(world: World, port: number, section = 'syslog'): void {
  world.write(
    'config.conf',
    `[input]\npath = app.log\npoll = 20ms\n[transform]\ntimezone = UTC\n[${section}]\ntarget = tcp://127.0.0.1:${port}\nlinger = 50ms\n`,
  );
}

/** A stopped agent whose server was away: two lines wait. Gives the server's port. */
async function waiting(world: World): Promise<number> {
  const port = await freePort();
  world.write('app.log', LINES);
  configure(world, port);
  const { code } = await world.run('run', '--once', '--wait', '1s');
  assert.equal(code, 1);
  return port;
}

function begin(world: World, ...argv: string[]) {
  const stop = new AbortController();
  let err = '';
  const done = world.runWith({ stop: stop.signal, stderr: sink((text) => (err += text)) }, ...argv);
  return {
    err: () => err,
    async stop(): Promise<Ran> {
      stop.abort();
      return done;
    },
  };
}

type Listing = {
  running: boolean;
  size: number;
  destinations: { name: string; orphaned: boolean; rows: number; lines: number }[];
};
const listing = async (world: World) => JSON.parse((await world.run('spool', 'ls', '--json')).out) as Listing;
const statusOf = async (world: World) => JSON.parse((await world.run('status', '--json')).out) as Status & Stopped;

test('spool ls says what waits for whom, and export writes the messages one a line and leaves them there', async () => {
  using world = createWorld();
  await waiting(world);
  const { code, out } = await world.run('spool', 'ls');
  assert.equal(code, 0);
  assert.match(
    out,
    /^.+spool\.db, .* on disk, no agent is running on it\n\n {2}syslog {2}waits {2}2 lines {2}60B {2}1 batch {2}oldest \S+\n$/,
  );
  const { out: messages } = await world.run('spool', 'export');
  assert.deepEqual(
    messages.split('\n').map((line) => line.slice(0, 37)),
    ['<14>1 2026-11-23T10:00:00Z web1 app -', '<14>1 2026-11-23T10:00:01Z web1 app -', ''].map((line) =>
      line.slice(0, 37),
    ),
  );
  assert.equal((await world.run('spool', 'export', '--out', path.join(world.folder, 'copy'))).code, 0);
  assert.equal(fs.readFileSync(path.join(world.folder, 'copy'), 'utf8'), messages);
  assert.equal(fs.statSync(path.join(world.folder, 'copy')).mode & 0o777, 0o600);
  const again = await world.run('spool', 'export', '--out', path.join(world.folder, 'copy'));
  assert.equal(again.code, 1);
  assert.match(again.err, /^tailship: Cannot write .*copy: it is there already\. Move it away/);
  assert.equal((await listing(world)).destinations[0]?.lines, 2);
});

test('spool drop asks: without a terminal it wants --yes, on one it takes y and nothing else', async () => {
  using world = createWorld();
  await waiting(world);
  const bare = await world.run('spool', 'drop');
  assert.equal(bare.code, 2);
  assert.match(bare.err, /say --yes/);
  const say = (text: string) =>
    Object.assign(
      (async function* () {
        yield text;
      })(),
      { isTTY: true },
    );
  const no = await world.runWith({ stdin: say('\n') }, 'spool', 'drop');
  assert.deepEqual([no.code, no.err], [1, 'Drop 2 lines, 60B? They will never be sent. [y/N] Nothing was dropped.\n']);
  assert.equal((await listing(world)).destinations[0]?.lines, 2);
  const yes = await world.runWith({ stdin: say('y\n') }, 'spool', 'drop');
  assert.equal(yes.code, 0);
  assert.equal((await listing(world)).destinations[0]?.lines, 0);
  const [destination] = (await statusOf(world)).destinations;
  assert.deepEqual(destination?.inputs[0]?.ledger.dropped, { 'by-hand': { lines: 2, bytes: 60 } });
  assert.match((await world.run('spool', 'drop')).err, /^Nothing of that waits/);
});

test('a destination that is no longer configured is orphaned, and can be dropped by its name', async () => {
  using world = createWorld();
  const port = await waiting(world);
  configure(world, port, 'syslog.new');
  const { out } = await world.run('spool', 'ls');
  assert.match(out, /\n {2}! syslog is in no section any more,[^!]*tailship spool drop --destination syslog\n\n/);
  assert.match(out, /\n {2}syslog {2}ORPHANED {2}2 lines .*\n {2}new {5}empty\n$/);
  const drained = await world.run('spool', 'drain');
  assert.equal(drained.code, 0);
  assert.match(drained.err, /^syslog: 2 lines, 60B wait for a destination that is not configured/);
  const wrong = await world.run('spool', 'drop', '--yes', '--destination', 'sylog');
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /no destination 'sylog'.*Did you mean 'syslog'/);
  assert.equal((await world.run('spool', 'drop', '--yes', '--destination', 'syslog')).code, 0);
  assert.deepEqual(
    (await listing(world)).destinations.map(({ name }) => name),
    ['new'],
  );
});

test('spool drain sends what a stopped agent left, reads no file, and gives up with 1 where the server stays away', async () => {
  using world = createWorld();
  const port = await waiting(world);
  world.write('app.log', `${LINES}Nov 23 10:00:02 web1 app: three\n`);
  const away = await world.run('spool', 'drain', '--wait', '300ms');
  assert.equal(away.code, 1);
  assert.match(away.err, /Not delivered: 2 lines, 60B; they stay in the spool\.\n$/);
  const got: string[] = [];
  const server = net.createServer((socket) => socket.on('data', (bytes) => got.push(bytes.toString())));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  try {
    const { code, err } = await world.run('spool', 'drain', '--wait', '10s');
    assert.equal(code, 0, err);
    assert.match(err, /The spool is sent\.\n$/);
  } finally {
    server.close();
  }
  assert.deepEqual(got.join('').match(/"MSG":"\w+"/g), ['"MSG":"one"', '"MSG":"two"']);
  assert.equal((await listing(world)).destinations[0]?.rows, 0);
});

test('beside a running agent ls and export read, drop is done by it, and drain waits for it', async () => {
  using world = createWorld();
  const port = await waiting(world);
  const agent = begin(world, 'run');
  await until('the agent runs', async () => (await listing(world)).running);
  await until('it answers', () => fs.existsSync(path.join(world.folder, 'spool.db.sock')));
  assert.equal((await world.run('spool', 'export')).out.split('\n').length, 3);
  // Most of what a running agent has written stands in SQLite's log.
  const whole = () =>
    ['', '-wal'].reduce((sum, end) => sum + fs.statSync(path.join(world.folder, `spool.db${end}`)).size, 0);
  await until('the list is of now', async () => (await listing(world)).size === whole());
  assert.match((await world.run('spool', 'drain', '--wait', '100ms')).err, /Not delivered: 2 lines/);
  const dropped = await world.run('spool', 'drop', '--yes', '--older-than', '0s');
  assert.deepEqual([dropped.code, dropped.err], [0, 'Dropped 2 lines, 60B.\n']);
  const [destination] = (await statusOf(world)).destinations;
  assert.deepEqual(destination?.inputs[0]?.ledger.dropped, { 'by-hand': { lines: 2, bytes: 60 } });
  assert.match(agent.err(), /2 lines \(60B\) for all destinations were dropped from the spool by hand/);
  fs.appendFileSync(path.join(world.folder, 'app.log'), 'Nov 23 10:00:02 web1 app: three\n');
  await until('a row waits', async () => (await listing(world)).destinations[0]?.rows === 1);
  const server = net.createServer((socket) => socket.resume());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const drained = await world.run('spool', 'drain', '--wait', '60s');
  assert.equal(drained.code, 0, drained.err);
  assert.equal((await agent.stop()).code, 0);
  server.close();
});

test('a running agent drops what has waited for longer than max_age, and counts it', async () => {
  using world = createWorld();
  world.write('app.log', LINES);
  configure(world, await freePort());
  fs.appendFileSync(path.join(world.folder, 'config.conf'), '[spool]\nmax_age = 1s\n');
  const agent = begin(world, 'run');
  const droppedIn = async () => (await statusOf(world)).destinations[0]?.inputs[0]?.ledger.dropped['spool-age'];
  assert.deepEqual(await until('it is counted', droppedIn), { lines: 2, bytes: 60 });
  assert.equal((await listing(world)).destinations[0]?.rows, 0);
  assert.equal((await agent.stop()).code, 0);
});

test('wrong words and options of spool are told with what would be right', async () => {
  using world = createWorld();
  const said = async (...argv: string[]) => {
    const { code, err } = await world.run('spool', ...argv);
    assert.equal(code, 2, err);
    return err;
  };
  assert.match(await said(), /needs to know what to do: ls, export, drop, retry, drain\./);
  assert.match(await said('list'), /'list' is nothing that tailship spool does/);
  assert.match(await said('ls', '--yes'), /--yes says nothing to tailship spool ls\./);
  assert.match(await said('drain', '--wait', 'long'), /--wait: /);
  assert.match((await world.run('spool', 'ls')).out, /^There is no spool .*spool\.db yet\.$/m);
  assert.deepEqual(fs.readdirSync(world.folder), ['config.conf']);
});
