import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { MAIN, startAgent, status, stopped, tailship, writeConfig } from '../harness/agent.ts';
import { start, withoutOverride } from '../harness/processes.ts';
import { startSink } from '../harness/sink.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { logLine } from '../harness/writer.ts';

const BAD: readonly { name: string; text: string; said: readonly RegExp[] }[] = [
  { name: 'a configuration that does not parse', text: '[input\npath = x\n', said: [/config\.conf:1\b/] },
  { name: 'an unknown key', text: '[input]\npaht = x\n', said: [/config\.conf:2\b/, /paht/, /path/] },
  { name: 'an unknown section', text: '[sylsog]\ntime = 1\n', said: [/config\.conf:1\b/, /sylsog/, /syslog/] },
  { name: 'a bad value', text: '[input]\npoll = soon\n', said: [/config\.conf:2\b/, /poll/, /soon/] },
  {
    name: 'a pattern that does not compile',
    text: "[transform]\npattern = '(?<time>\\w+'\n",
    said: [/config\.conf:2\b/, /pattern/],
  },
  {
    name: 'several mistakes, all named at once',
    text: '[input]\npoll = soon\n[syslog]\ntarget = ftp://x\nfoo = 1\n',
    said: [/config\.conf:2\b/, /config\.conf:4\b/, /config\.conf:5\b/],
  },
];

const withRights = {
  skip: withoutOverride('true', []) ? false : 'setpriv is missing, and root is held back by no file rights',
} as const;

for (const { name, text, said } of BAD) {
  test(`${name} ends with 2 and a sentence that names file, line and cause`, async (t) => {
    const s = scene(t);
    fs.writeFileSync(s.at('config.conf'), text);
    const agent = startAgent(s, s.at('config.conf'));
    assert.equal((await agent.exited).code, 2, agent.stderr());
    for (const one of said) assert.match(agent.stderr(), one);
    assert.equal(agent.stdout(), '');
    assert.doesNotMatch(agent.stderr(), /\n\s+at .*\.ts:\d/);
    const check = tailship(s, ['check', '-c', s.at('config.conf')]);
    assert.equal((await check.exited).code, 2, check.stdout() + check.stderr());
    for (const one of said) assert.match(check.stdout() + check.stderr(), one);
  });
}

test('a named configuration that is absent ends with 2', async (t) => {
  const s = scene(t);
  const agent = startAgent(s, s.at('absent.conf'));
  assert.equal((await agent.exited).code, 2);
  assert.match(agent.stderr(), /absent\.conf/);
});

test(
  'a file without read rights is said once, retried, and shipped whole when the rights come',
  withRights,
  async (t) => {
    const s = scene(t);
    fs.writeFileSync(s.at('app.log'), `${logLine(1)}\n${logLine(2)}\n`, { mode: 0o000 });
    const sink = await startSink(s);
    const conf = writeConfig(s, { target: `tcp://127.0.0.1:${sink.port}` });
    const [command, args] = withoutOverride(process.execPath, [MAIN, 'run', '-c', conf])!;
    const agent = start(s, command, args);
    await until('the agent complains', () => /permission denied|EACCES/i.test(agent.stderr()));
    assert.ok(agent.stderr().includes(s.at('app.log')), agent.stderr());
    const polls = async () => (await status(s, conf))?.agent.now ?? 0;
    const from = await polls();
    await until('several polls have passed', async () => (await polls()) > from + 500);
    assert.equal(agent.stderr().match(/permission denied|EACCES/gi)?.length, 1, agent.stderr());
    fs.chmodSync(s.at('app.log'), 0o644);
    await until('the server has both lines', () => sink.messages().length === 2, { told: agent.stderr });
  },
);

test(
  'a spool folder that is not writable ends with 1 and a sentence with its cure; nothing is sent',
  withRights,
  async (t) => {
    const s = scene(t);
    fs.writeFileSync(s.at('app.log'), `${logLine(1)}\n`);
    const sink = await startSink(s);
    fs.mkdirSync(s.at('closed'), { mode: 0o555 });
    const conf = writeConfig(s, { target: `tcp://127.0.0.1:${sink.port}` });
    fs.writeFileSync(conf, fs.readFileSync(conf, 'utf8').replace(s.at('spool.db'), s.at('closed/spool.db')));
    const [command, args] = withoutOverride(process.execPath, [MAIN, 'run', '-c', conf])!;
    const agent = start(s, command, args);
    assert.equal((await agent.exited).code, 1, agent.stderr());
    assert.ok(agent.stderr().includes(s.at('closed')), agent.stderr());
    assert.doesNotMatch(agent.stderr(), /\n\s+at .*\.ts:\d/);
    assert.equal(sink.messages().length, 0);
  },
);

test('a spool file that is not SQLite is kept under a new name, and the files are read from the beginning', async (t) => {
  const s = scene(t);
  fs.writeFileSync(s.at('app.log'), `${logLine(1)}\n${logLine(2)}\n`);
  const noise = 'this is no database, though it stands where one should\n'.repeat(100);
  fs.writeFileSync(s.at('spool.db'), noise);
  const sink = await startSink(s);
  const agent = startAgent(s, writeConfig(s, { target: `tcp://127.0.0.1:${sink.port}` }));
  await until('the server has both lines', () => sink.messages().length === 2, { told: agent.stderr });
  const kept = fs.readdirSync(s.dir).filter((name) => name.startsWith('spool.db') && fs.statSync(s.at(name)).isFile());
  const old = kept.find((name) => fs.readFileSync(s.at(name), 'latin1') === noise);
  assert.ok(old !== undefined && old !== 'spool.db', kept.join(' '));
  assert.ok(agent.stderr().includes(old), agent.stderr());
  assert.equal(await stopped(agent), 0, agent.stderr());
});

test('a file that is not there yet, in a folder that is not there yet, is shipped when it comes', async (t) => {
  const s = scene(t);
  const sink = await startSink(s);
  const conf = writeConfig(s, { file: s.at('later/app.log'), target: `tcp://127.0.0.1:${sink.port}` });
  const agent = startAgent(s, conf);
  await until('the agent runs', async () => (await status(s, conf))?.agent.pid === agent.pid);
  fs.mkdirSync(s.at('later'));
  fs.writeFileSync(s.at('later/app.log'), `${logLine(1)}\n`);
  await until('the server has the line', () => sink.messages().length === 1, { told: agent.stderr });
});

test('a device is told apart from a folder, each with what may be named instead', async (t) => {
  const s = scene(t);
  fs.mkdirSync(s.at('app.d'));
  fs.symlinkSync('/dev/null', s.at('app.null'));
  const more = `[input.folder]\npath = ${s.at('app.d')}\n`;
  const agent = startAgent(s, writeConfig(s, { file: s.at('app.null'), target: 'udp://127.0.0.1:9', more }));
  await until('both are told', () => /app\.null is/.test(agent.stderr()) && /app\.d is/.test(agent.stderr()), {
    told: agent.stderr,
    patience: 20_000,
  });
  assert.match(agent.stderr(), /app\.null is a device or a pipe, not a file: only ordinary files can be followed/);
  assert.match(agent.stderr(), /app\.d is a folder, not a file: name the files themselves, for example \S+\*\.log/);
  assert.equal(await stopped(agent), 0);
});
