import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { until } from '../harness/wait.ts';
import { createWorld, sink, type World } from './fake-io.ts';

/** A terminal in memory: what was written to it, keys that somebody presses, and a size that may change. */
function createTerminal(columns = 100, rows = 30) {
  const events = new EventEmitter();
  const raws: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (raw: boolean) => void raws.push(raw) });
  let written = '';
  const stdout = Object.assign(
    sink((text) => (written += text)),
    {
      ...{ isTTY: true, columns, rows },
      on: (event: 'resize', run: () => void) => void events.on(event, run),
      off: (event: 'resize', run: () => void) => void events.off(event, run),
    },
  );
  return {
    ...{ stdin, stdout, raws, events, stop: new AbortController() },
    written: () => written,
    /** The rows of the last picture. */
    screen: () => (written.split('\x1b[H').at(-1) ?? '').split('\x1b[J')[0]!.replaceAll('\x1b[K', '').split('\r\n'),
    press: (key: string) => stdin.write(key),
    resize(wide: number, high: number) {
      Object.assign(stdout, { columns: wide, rows: high });
      events.emit('resize');
    },
  };
}

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

/** It is stopped at the end of the test at the latest. */
function watchOn(t: TestContext, world: World, terminal: ReturnType<typeof createTerminal>) {
  const { stdin, stdout } = terminal;
  const { stop } = terminal;
  t.after(() => stop.abort());
  return world.runWith(
    { stdin, stdout, stop: stop.signal, env: { ...env(world), NO_COLOR: '1' } },
    'status',
    '--watch',
  );
}

const env = (world: World) => ({ TAILSHIP_SPOOL_PATH: path.join(world.folder, 'spool.db') });

for (const [name, key] of [
  ['q', 'q'],
  ['Ctrl-C', '\x03'],
] as const)
  test(`status --watch fills the other screen until ${name}, and gives the terminal back as it was`, async (t) => {
    using world = createWorld();
    const terminal = createTerminal();
    const watching = watchOn(t, world, terminal);
    await until('it is drawn', () => terminal.screen().length === 30);
    assert.ok(terminal.written().startsWith(ENTER));
    assert.match(terminal.screen()[0]!, /^tailship is NOT RUNNING/);
    assert.match(terminal.screen()[29]!, /q leaves$/);
    assert.deepEqual(terminal.raws, [true]);
    terminal.press(key);
    assert.equal((await watching).code, 1);
    assert.ok(terminal.written().endsWith(LEAVE));
    assert.deepEqual(terminal.raws, [true, false]);
    assert.equal(terminal.events.listenerCount('resize'), 0);
  });

test('a signal ends status --watch too, with the terminal as it was', async (t) => {
  using world = createWorld();
  const terminal = createTerminal();
  const watching = watchOn(t, world, terminal);
  await until('it is drawn', () => terminal.screen().length === 30);
  terminal.stop.abort();
  assert.equal((await watching).code, 1);
  assert.ok(terminal.written().endsWith(LEAVE));
});

test('a smaller terminal is drawn at once, cut and not wrapped, and arrows move through the rest', async (t) => {
  using world = createWorld();
  const servers = Array.from({ length: 20 }, (_, i) => `[syslog.server${i}]\ntarget = tcp://127.0.0.1:9\n`);
  world.write('config.conf', `[input]\npath = app.log\n${servers.join('')}`);
  await world.run('run', '--once', '--wait', '100ms');
  const terminal = createTerminal();
  const watching = watchOn(t, world, terminal);
  await until('it is drawn', () => terminal.screen().length === 30);
  terminal.resize(40, 10);
  assert.equal(terminal.screen().length, 10);
  assert.deepEqual(
    terminal.screen().filter((row) => row.length > 40),
    [],
  );
  assert.ok(terminal.screen().some((row) => row.endsWith('…')));
  const first = terminal.screen()[1];
  terminal.press('\x1b[B');
  await until('it moves', () => terminal.screen()[0] === first);
  terminal.press('G');
  await until('it is at the end', () => /^lines \d+ to (\d+) of \1, arrows/.test(terminal.screen()[9]!));
  terminal.press('q');
  await watching;
});

test('an agent that comes, goes and comes back is followed, and the exit code says whether one runs', async (t) => {
  using world = createWorld();
  world.write('config.conf', '[input]\npath = app.log\n[syslog]\ntarget = tcp://127.0.0.1:9\n');
  const terminal = createTerminal();
  const watching = watchOn(t, world, terminal);
  const shows = (what: RegExp) => until(String(what), () => what.test(terminal.screen()[0]!));
  await shows(/is NOT RUNNING/);
  for (let i = 0; i < 2; i++) {
    const stop = new AbortController();
    const agent = world.runWith({ stop: stop.signal }, 'run');
    await shows(/HEALTHY|DEGRADED/);
    if (i === 1) {
      terminal.press('q');
      assert.equal((await watching).code, 0);
    }
    stop.abort();
    await agent;
    if (i === 0) await shows(/is NOT RUNNING/);
  }
});

test('what goes wrong while it watches is said above the last answer, and it goes on', async (t) => {
  using world = createWorld();
  const config = '[input]\npath = app.log\n';
  world.write('config.conf', config);
  const terminal = createTerminal();
  const watching = watchOn(t, world, terminal);
  const shows = (what: RegExp) => until(String(what), () => what.test(terminal.screen()[0]!));
  await shows(/^tailship is NOT RUNNING/);
  world.write('config.conf', '[imput]\n');
  await shows(/^No answer: .*config\.conf:1: /);
  assert.match(terminal.screen()[1]!, /^What follows is .* old\.$/);
  assert.match(terminal.screen()[3]!, /^tailship is NOT RUNNING/);
  world.write('config.conf', config);
  await shows(/^tailship is NOT RUNNING/);
  terminal.press('q');
  await watching;
});

test('what is wrong from the start ends status --watch as it ends any command, and no screen is entered', async (t) => {
  using world = createWorld();
  world.write('config.conf', '[imput]\n');
  const terminal = createTerminal();
  const { code, err } = await watchOn(t, world, terminal);
  assert.equal(code, 2);
  assert.match(err, /config\.conf:1: .*imput/);
  assert.equal(terminal.written(), '');
});

test('without a terminal status --watch says a line at each change, and with --json an object each second', async () => {
  using world = createWorld();
  const stop = new AbortController();
  let out = '';
  const plain = world.runWith({ stop: stop.signal, stdout: sink((text) => (out += text)) }, 'status', '--watch');
  await until('it is said', () => out.includes('\n'));
  const agentStop = new AbortController();
  world.write('config.conf', '[syslog]\ntarget = tcp://127.0.0.1:9\n');
  const agent = world.runWith({ stop: agentStop.signal }, 'run');
  await until('the agent is seen', () => out.includes('Status of syslog: '));
  agentStop.abort();
  await agent;
  await until('its end is seen', () => out.match(/not running$/gm)?.length === 2);
  stop.abort();
  assert.equal((await plain).code, 1);
  assert.doesNotMatch(out, /\x1b/);
  assert.match(out, /^20\d\d-\S+Z Status: tailship is not running\n/);

  const again = new AbortController();
  let json = '';
  const objects = world.runWith(
    { stop: again.signal, stdout: { ...sink((text) => (json += text)), isTTY: true } },
    ...['status', '--watch', '--json'],
  );
  await until('two objects', () => json.match(/\n/g)?.length === 2);
  again.abort();
  await objects;
  for (const line of json.trim().split('\n')) assert.equal((JSON.parse(line) as { exists: boolean }).exists, true);
  assert.ok(fs.existsSync(path.join(world.folder, 'spool.db')));
});
