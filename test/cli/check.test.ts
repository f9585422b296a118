import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import type { Checked } from '../../agent/check.ts';
import { realClock } from '../../agent/ops/clock.ts';
import { openStore } from '../../agent/store/store.ts';
import { toldLog } from '../harness/log.ts';
import { withoutOverride } from '../harness/processes.ts';
import { createWorld, type World } from './fake-io.ts';

const MAIN = path.resolve(import.meta.dirname, '../../agent/main.ts');

/** The host's own rotation is nothing to these tests. */
const ROTATION = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-'));
after(() => fs.rmSync(ROTATION, { recursive: true }));
const HOST = ['--logrotate', ROTATION];

/** A configuration in which nothing is wrong. */
function healthy(world: World, more = ''): void {
  world.write('app.log', 'Nov 23 10:00:00 web1 app: x\n');
  world.write('config.conf', `[input]\npath = app.log\n${more}`);
}

async function findings(world: World, ...more: string[]): Promise<Checked> {
  const { code, out } = await world.run('check', '--json', ...HOST, ...more);
  const checked = JSON.parse(out) as Checked;
  assert.equal(checked.code, code);
  return checked;
}

const said = ({ findings }: Checked, level: string) => findings.filter((one) => one.level === level);

test('a healthy configuration is told in a few lines, with exit code 0', async () => {
  using world = createWorld();
  healthy(world);
  const { code, out, err } = await world.run('check', ...HOST);
  assert.equal(code, 0);
  assert.equal(err, '');
  const text = out
    .replace(/ {2}warning {2}The spool \S+ stands on .*?\n(?= {2}\w)/s, '') // Where the tests run on a tmpfs.
    .replaceAll(/(?<=^ {2}ok .*)\n {11}(?=[\w.~/])/gm, ' ')
    .replaceAll(world.folder, '~')
    .replace(/[\d.]+[GMT]iB/, 'SPACE');
  assert.match(
    text,
    new RegExp(
      `^${[
        'Configuration',
        '  ok       The configuration ~/config\\.conf is right: 1 input, 1 destination\\.',
        "  ok       The pattern of input input compiles, and is linear in a line's length\\.",
        '',
        '           \\[input\\] path = app\\.log\\s+\\(line 2\\)',
        '           \\[spool\\] path = ~/spool\\.db\\s+\\(TAILSHIP_SPOOL_PATH\\)',
        '           \\d+ more keys are at their defaults; --values shows them all\\.',
        '',
        'Files',
        '  ok       ~/app\\.log: 28B, \\S+:\\S+, mode 0\\d{3}\\.',
        '',
        'Rotation',
        '  ok       ~/app\\.log: no block of \\S+ names it\\.',
        '',
        'Spool',
        '  ok       The spool ~/spool\\.db is not there yet; the first run makes it\\.',
        '  ok       SPACE are free on the disk of the spool\\.',
        '',
        '0 errors, 0 warnings\\. Nothing stands in the way of a run\\.',
      ].join('\\n')}\\n$`,
    ),
  );
  for (const line of out.split('\n')) assert.ok(line.length <= 80 || line.includes(world.folder), line);
});

test('a pattern that may take for ever on some lines is named with its line, and does not stand in the way', async () => {
  using world = createWorld();
  healthy(world, "[transform]\npattern = '^(?<msg>(\\w{1,20} ?)*)$'\n");
  const checked = await findings(world);
  assert.equal(checked.code, 0);
  const [finding, ...more] = said(checked, 'warning');
  assert.match(finding?.what ?? '', /The pattern of input input has no linear form/);
  assert.equal(finding?.where, `${world.folder}/config.conf:4`);
  assert.deepEqual(more, []);
});

test('check changes nothing', async () => {
  using world = createWorld();
  healthy(world);
  const before = fs.readdirSync(world.folder);
  await world.run('check', '--connect');
  assert.deepEqual(fs.readdirSync(world.folder), before);
});

test('every problem of the configuration is a finding with file and line, and the exit code is 2', async () => {
  using world = createWorld();
  world.write('config.conf', "[input]\npth = x\n[transform]\npattern = '(?<time>\\d+'\n[spool]\nsync = maybe\n");
  const checked = await findings(world);
  assert.equal(checked.code, 2);
  assert.deepEqual(
    checked.findings.map(({ level, where }) => [level, where]),
    [2, 4, 6].map((line) => ['error', `${world.folder}/config.conf:${line}`]),
  );
  assert.match(checked.findings[1]!.what, /does not compile/);
});

test('a file or a folder that is not there yet is a warning, not an error', async () => {
  using world = createWorld();
  world.write('config.conf', '[input]\npath[] = soon.log\npath[] = later/app.log\npath[] = many-*.log\n');
  const checked = await findings(world);
  assert.equal(checked.code, 0);
  assert.deepEqual(
    said(checked, 'warning').map(({ what, where }) => [what, where]),
    [
      [`${world.folder}/soon.log: not there yet.`, `${world.folder}/config.conf:2`],
      [`${world.folder}/later/app.log: not there, nor is its folder.`, `${world.folder}/config.conf:2`],
      [`${world.folder}/many-*.log: no file matches yet.`, `${world.folder}/config.conf:2`],
    ],
  );
  assert.match(said(checked, 'warning')[0]!.cure!, /^It is followed as soon as it appears\./);
});

test('folders and archives that a glob matches are said not to be followed, each kind with its cure', async () => {
  using world = createWorld();
  fs.mkdirSync(path.join(world.folder, 'logs/nginx'), { recursive: true });
  world.write('logs/app.log', 'Nov 23 10:00:00 web1 app: x\n');
  world.write('logs/nginx/access.log', '');
  world.write('logs/old.log.1.gz', '');
  world.write('config.conf', '[input]\npath = logs/*\n');
  const passed = (await findings(world)).findings.filter(({ code }) => code === 'passed-over');
  assert.deepEqual(
    passed.map(({ level, what, cure }) => [
      level,
      what.replaceAll(world.folder, '~'),
      cure?.replaceAll(world.folder, '~'),
    ]),
    [
      [
        'warning',
        '~/logs/*: 1 folder matches and is not followed, for only files are: ~/logs/nginx.',
        'To follow what is in it name that, for example ~/logs/nginx/*.log.',
      ],
      [
        'warning',
        '~/logs/*: 1 archive matches and is not read, for an archive is only read as the rotated file of one that is followed: ~/logs/old.log.1.gz.',
        'Unpack it where its lines are wanted, or name the file from which it was made.',
      ],
    ],
  );
});

test('a folder in the place of a file is an error with the glob that is meant', async () => {
  using world = createWorld();
  fs.mkdirSync(path.join(world.folder, 'logs'));
  world.write('config.conf', '[input]\npath = logs\n');
  const checked = await findings(world);
  assert.equal(checked.code, 1);
  assert.deepEqual(said(checked, 'error'), [
    {
      topic: 'Files',
      level: 'error',
      code: 'file-not-plain',
      what: `${world.folder}/logs is a folder, and only files are followed.`,
      where: `${world.folder}/config.conf:2`,
      cure: `To follow the files in it write path = ${world.folder}/logs/*.log`,
    },
  ]);
});

test('rotated generations beside a file are named, and those that cannot be read are warned of', async () => {
  using world = createWorld();
  healthy(world);
  for (const name of ['app.log-20261120.gz', 'app.log-20261121', 'app.log.2.zst', 'app.log.1', 'other.log-20261121']) {
    world.write(name, '');
  }
  const checked = await findings(world);
  const { what } = checked.findings.find((one) => one.what.includes('rotated beside it'))!;
  assert.equal(
    what,
    `${world.folder}/app.log: 4 rotated beside it: app.log-20261120.gz, app.log-20261121, app.log.1 and 1 more.`,
  );
  assert.match(said(checked, 'warning')[0]!.what, /1 cannot be read, for only gzip is unpacked: app\.log\.2\.zst\.$/);
});

test('of a glob with many files the first are named and the rest are counted', async () => {
  using world = createWorld();
  world.write('config.conf', '[input]\npath = *.log\n');
  for (let i = 0; i < 30; i++) world.write(`app${String(i).padStart(2, '0')}.log`, '');
  world.write('app00.log-20261121', '');
  const checked = await findings(world);
  assert.equal(checked.findings.filter(({ what }) => /empty so far/.test(what)).length, 20);
  assert.ok(checked.findings.some(({ what }) => /: 10 more files match/.test(what)));
});

const withRights = {
  skip: withoutOverride('true', []) ? false : 'setpriv is missing, and root is held back by no file rights',
} as const;

test('what may not be read, entered or written is an error that names the right to give', withRights, () => {
  using world = createWorld();
  const at = (name: string) => path.join(world.folder, name);
  world.write('app.log', '');
  for (const folder of ['closed', 'spool']) fs.mkdirSync(at(folder));
  fs.writeFileSync(at('closed/app.log'), '');
  world.write('config.conf', '[input]\npath[] = app.log\npath[] = closed/app.log\n[spool]\npath = spool/spool.db\n');
  fs.chmodSync(at('app.log'), 0);
  fs.chmodSync(at('closed'), 0);
  fs.chmodSync(at('spool'), 0o555);
  const [command, argv] = withoutOverride(process.execPath, [MAIN, 'check', '--json'])!;
  const env = { PATH: process.env.PATH };
  const { stdout } = spawnSync(command, argv, { cwd: world.folder, env, encoding: 'utf8' });
  const errors = said(JSON.parse(stdout) as Checked, 'error');
  for (const folder of ['closed', 'spool']) fs.chmodSync(at(folder), 0o700);
  assert.match(errors[0]!.what, /app\.log: \S+ may not read it \(\S+:\S+, mode 0000\)\.$/);
  assert.equal(errors[0]!.cure, `Let it read the file: chmod u+r ${at('app.log')}`);
  assert.match(errors[1]!.what, /closed\/app\.log: \S+ may not enter the folder \/.*closed \(\S+:\S+, mode 0000\)\.$/);
  assert.match(
    errors[2]!.what,
    /^\S+ may not write in \/.*spool \(\S+:\S+, mode 0555\), where the spool .* belongs\.$/,
  );
  assert.equal(errors.length, 3);
});

test('a spool folder that is not there, nor the one above it, is an error with the command that makes it', async () => {
  using world = createWorld();
  healthy(world, '[spool]\npath = absent/deep/spool.db\n');
  const checked = JSON.parse((await world.runWith({ env: {} }, 'check', '--json')).out) as Checked;
  assert.equal(checked.code, 1);
  const [error] = said(checked, 'error');
  assert.equal(error!.what, `The spool's folder ${world.folder}/absent/deep is not there, nor is the one above it.`);
  assert.match(error!.cure!, /^Give it a folder of its own: install -d -m 0700 -o \S+ /);
  assert.equal(error!.where, `${world.folder}/config.conf:4`);
});

test('a file where a folder should be is no matter of rights: check says what a run would say', async () => {
  using world = createWorld();
  healthy(world, 'path[] = file/app.log\n[spool]\npath = file/spool.db\n');
  world.write('file', '');
  const checked = JSON.parse((await world.runWith({ env: {} }, 'check', '--json', ...HOST)).out) as Checked;
  const [error, ...more] = said(checked, 'error');
  assert.deepEqual(more, []);
  assert.match(
    error!.what,
    /^The spool .*\/file\/spool\.db has no place: .*\/file is no folder\. Set \[spool\] path to/,
  );
  assert.match(said(checked, 'warning').at(0)!.what, /\/file\/app\.log: not there/);
});

test('a spool file that is no SQLite file is a warning that says what the next start does', async () => {
  using world = createWorld();
  healthy(world);
  world.write('spool.db', 'this is no database, but it is long enough to look like one '.repeat(20));
  const checked = await findings(world);
  assert.equal(checked.code, 0);
  const [warning] = said(checked, 'warning');
  assert.match(warning!.what, /^The spool .*spool\.db cannot be used: /);
  assert.match(warning!.cure!, /^The next start keeps it under a new name, begins a new one/);
});

test('a spool that a process holds is told with the words of that process', async () => {
  using world = createWorld();
  healthy(world);
  const log = toldLog(() => {});
  const config = {
    path: path.join(world.folder, 'spool.db'),
    maxSize: undefined,
    maxAge: undefined,
    full: 'block',
    sync: 'normal',
  } as const;
  const store = openStore({ config, clock: realClock, log, command: 'tailship run -c x.conf' });
  try {
    const checked = await findings(world);
    assert.equal(checked.code, 0);
    const held = checked.findings.find(({ what }) => what.includes('is held by'));
    assert.match(
      held!.what,
      new RegExp(`held by the running process ${process.pid} \\(tailship run -c x\\.conf\\) since `),
    );
  } finally {
    store.close();
  }
});

test('a spool larger than the free disk, and one with a path too long for the control socket, are warned of', async () => {
  using world = createWorld();
  healthy(world, `[spool]\nmax_size = 900000GiB\npath = ${'x'.repeat(120)}\n`);
  const checked = JSON.parse((await world.runWith({ env: {} }, 'check', '--json')).out) as Checked;
  const warnings = said(checked, 'warning').map(({ what }) => what);
  assert.match(warnings[0]!, /are free on the disk of the spool, less than \[spool\] max_size = 900000GiB\.$/);
  assert.match(warnings[1]!, /^The control socket .* would have a path of \d+ bytes, and a Unix socket takes 107/);
});

test('--connect tells a server that listens, one that does not, and that UDP does not answer', async () => {
  using world = createWorld();
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  healthy(world, `[syslog]\ntarget = tcp://127.0.0.1:${port}\n`);
  const listening = await findings(world, '--connect');
  assert.equal(listening.code, 0);
  assert.equal(
    listening.findings.at(-1)!.what,
    `tcp://127.0.0.1:${port}: Port ${port} of 127.0.0.1 takes connections.`,
  );

  await new Promise((resolve) => server.close(resolve));
  const gone = await findings(world, '--connect');
  assert.equal(gone.code, 1);
  assert.equal(
    gone.findings.at(-1)!.what,
    `tcp://127.0.0.1:${port}: No connection: 127.0.0.1: nobody listens on this port.`,
  );
  assert.equal(gone.findings.at(-1)!.where, `${world.folder}/config.conf:4`);
  assert.equal((await findings(world)).code, 0, 'without --connect no server is reached for');

  healthy(world, '[syslog]\ntarget = udp://127.0.0.1:514\n');
  const udp = await findings(world, '--connect');
  assert.equal(udp.code, 0);
  assert.match(udp.findings.at(-1)!.what, /^udp:\/\/127\.0\.0\.1:514: Whether anybody listens there cannot be known/);
});

test('--connect opens a session with a RELP server and tells its offer, or why there is none', async () => {
  using world = createWorld();
  const answers = ['1 rsp 47 200 OK\nrelp_software=some,1.0\ncommands=syslog,x\n', '1 rsp 7 500 out\n', 'SMTP\n'];
  const heard: string[] = [];
  const server = createServer((socket) => {
    const answer = answers.shift()!;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      if (heard.push(...bytes.toString().split('\n')) > 0 && bytes.toString().startsWith('1 open '))
        socket.write(answer);
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  healthy(world, `[syslog]\ntarget = relp://127.0.0.1:${port}\n`);
  const url = `relp://127.0.0.1:${port}`;
  const texts = [];
  for (let i = 0; i < 3; i += 1) texts.push((await findings(world, '--connect')).findings.at(-1)!.what);
  server.close();
  assert.deepEqual(texts, [
    `${url}: Port ${port} of 127.0.0.1 opens RELP sessions; it offers syslog,x, and calls itself some,1.0.`,
    `${url}: No connection: 127.0.0.1: it refuses the session (500 out).`,
    `${url}: No connection: 127.0.0.1: it does not speak RELP (what came is no RELP).`,
  ]);
  assert.deepEqual(
    heard.filter((line) => line.includes(' close ')),
    ['2 close 0', '2 close 0'],
  );
});

test('a finding with something to do shows its place and its cure, one without shows neither', async () => {
  using world = createWorld();
  world.write('app.log', '');
  world.write('config.conf', '[input]\npath[] = app.log\npath[] = soon.log\n');
  const { out } = await world.run('check', ...HOST);
  const lines = out.split('\n');
  assert.ok(lines.some((line) => line.startsWith(`  ok       ${world.folder}/app.log: `)));
  assert.ok(lines.some((line) => line.startsWith('  warning  ') && line.includes('config.conf:2')));
  assert.match(out, /\n {11}→ It is followed as soon as it appears\./);
});

test('a file that the system refuses to look at is a finding, and the rest is told all the same', async () => {
  using world = createWorld();
  world.write('app.log', '');
  world.write('config.conf', `[input]\npath[] = ${'x'.repeat(300)}\npath[] = app.log\n`);
  const checked = await findings(world);
  assert.match(said(checked, 'error')[0]?.what ?? '', /it cannot be looked at \(ENAMETOOLONG\)/);
  assert.ok(said(checked, 'ok').some(({ what }) => what.includes('app.log')));
});

test('a chunk above what an rsyslog with default limits takes whole is a warning that says what becomes of the rest', async () => {
  const cases = [
    ['target = tcp://127.0.0.1\nchunk = 8097', /chunk = 8097, .* takes what is behind them for a message of its own/],
    ['target = tcp://127.0.0.1\nchunk = 0', /chunk = 0 sets no limit, .* message of its own/],
    [
      'target = tcp://127.0.0.1\nframing = octet-counting\nchunk = 64KiB',
      /chunk = 65536, .* throws away what is behind them\.$/,
    ],
    ['target = relp://127.0.0.1\nchunk = 9000', /throws away what is behind them, and answers 200 OK all the same/],
    ['target = tcp://127.0.0.1\nchunk = 8096', undefined],
    ['target = relp://127.0.0.1', undefined],
    ['target = udp://127.0.0.1\nchunk = 0', undefined],
  ] as const;
  for (const [syslog, words] of cases) {
    using world = createWorld();
    healthy(world, `[syslog]\n${syslog}\n`);
    const checked = await findings(world);
    const warnings = said(checked, 'warning');
    assert.equal(checked.code, 0);
    assert.equal(warnings.length, words === undefined ? 0 : 1, syslog);
    if (words === undefined) continue;
    assert.match(warnings[0]?.what ?? '', words);
    assert.match(warnings[0]?.where ?? '', /config\.conf:\d+$/);
    assert.match(warnings[0]?.cure ?? '', /maxMessageSize/);
  }
});

test('two inputs that name the same file are told of, by overlapping globs and by a link', async () => {
  using world = createWorld();
  world.write('app.log', 'x\n');
  world.write('web.log', 'x\n');
  fs.symlinkSync('app.log', path.join(world.folder, 'link'));
  world.write(
    'config.conf',
    '[input]\npath = *.log\n[input.web]\npath = web.*\n[input.link]\npath = link\n[input.other]\npath = other.log\n',
  );
  const checked = await findings(world);
  assert.equal(checked.code, 0);
  const shared = said(checked, 'warning').filter(({ code }) => code === 'read-twice');
  assert.deepEqual(
    shared.map(({ what, where }) => [what.replaceAll(world.folder, '~'), where?.replace(world.folder, '~')]),
    [
      ['The inputs input and web both read ~/web.log: each of its lines is shipped twice.', '~/config.conf:4'],
      ['The inputs input and link both read ~/link: each of its lines is shipped twice.', '~/config.conf:6'],
    ],
  );
});
