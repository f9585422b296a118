import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { Status } from '../../agent/ops/status.ts';
import { ROOT, stopped, tailship, writeConfig } from '../harness/agent.ts';
import { makeDebian } from '../harness/debian.ts';
import { bootMachine, needsMachine } from '../harness/machine.ts';
import { freePort, start } from '../harness/processes.ts';
import { startSink } from '../harness/sink.ts';
import { needsParts } from '../harness/system.ts';
import { createScene, scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { logLine } from '../harness/writer.ts';

const call = promisify(execFile);
const world = createScene();
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const skip =
  process.platform === 'linux' && ARCHITECTURES[process.arch] ? false : 'packages are for Linux on amd64 and arm64';
const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
const ARCH = ARCHITECTURES[process.arch];
const TARBALL = world.at(`tailship-${version}-linux-${ARCH}.tar.gz`);
const DEB = world.at(`tailship_${version}_${ARCH}.deb`);

before(async () => {
  if (!skip)
    await call(path.join(ROOT, 'scripts/package'), [world.dir], { env: { ...process.env, PACKAGE_LEVEL: '1' } });
});
after(world.end);

let made: Promise<string> | undefined;

/** The folder of a Debian that the tests of this file share, made when it is first asked for. */
function debian(): Promise<string> {
  const root = world.at('root');
  made ??= makeDebian(root).then(() => root);
  return made;
}

/** Ships one line with `command` (a tailship by any name) and gives what the server got. */
async function shipOne(t: Parameters<typeof scene>[0], command: string, args: readonly string[], place: string) {
  const s = scene(t);
  const sink = await startSink(s);
  fs.mkdirSync(path.join(place, 'logs'), { recursive: true });
  fs.writeFileSync(path.join(place, 'logs/app.log'), 'Nov 23 10:00:00 web1 app[7]: shipped from a package\n', {
    mode: 0o644,
  });
  const env = {
    PATH: process.env.PATH,
    TAILSHIP_INPUT_PATH: '/logs/app.log',
    TAILSHIP_SYSLOG_TARGET: `tcp://127.0.0.1:${sink.port}`,
    TAILSHIP_SYSLOG_LINGER: '100ms',
  };
  const running = start(s, command, args, { env });
  const { code } = await running.exited;
  await until('the line is there', () => sink.messages().some((one) => one.includes('shipped from a package')));
  return { code, said: running.stderr() };
}

/** The names of a process's threads. */
function threadsOf(pid: number): string[] {
  const folder = `/proc/${pid}/task`;
  return fs.readdirSync(folder).map((id) => fs.readFileSync(`${folder}/${id}/comm`, 'utf8').trim());
}

test('the built agent says what the unbuilt one says, and ships what it ships', { skip }, async (t) => {
  const s = scene(t);
  const built = start(s, path.join(ROOT, 'scripts/build'), []);
  assert.equal((await built.exited).code, 0, built.stdout() + built.stderr());
  const main = path.join(ROOT, 'dist/main.js');
  assert.match(fs.readFileSync(main, 'utf8'), /^#!\/usr\/bin\/env node\n/);
  assert.ok(fs.statSync(main).mode & 0o111, 'dist/main.js is executable');
  const early = [...fs.readFileSync(main, 'utf8').matchAll(/^import.*?from *["'](.*?)["']/gm)].map(([, from]) => from);
  assert.deepEqual(
    early.filter((from) => !from?.startsWith('node:')),
    [],
    'the version of Node is checked before anything else is imported',
  );
  const wrong = writeConfig(s, { target: 'carrier://pigeon', more: '[log]\nlevel = loud' });
  const commands = [
    ...[['--help'], ['--version'], ['run', '--help'], ['receive', '--help'], ['completion', 'zsh'], ['explain']],
    ...[['run', '--wait'], ['runn'], ['spool', 'sl'], ['check', '-c', wrong], ['run', '-c', wrong]],
    ...[
      ['rewind', 'x', '--to', 'end', '-c', wrong],
      ['--get-yargs-completions', 'tailship', 'sp'],
    ],
  ];
  await Promise.all(
    commands.map(async (args) => {
      const one = start(s, process.execPath, [main, ...args]);
      const other = tailship(s, args);
      const [code, otherCode] = [await one.exited, await other.exited];
      assert.deepEqual([code, one.stdout(), one.stderr()], [otherCode, other.stdout(), other.stderr()]);
      assert.notEqual(one.stdout() + one.stderr(), '');
    }),
  );

  // So much that the second thread has a part in it, which is a file of its own; while the spool is filled it takes less for that.
  const count = 120_000;
  fs.writeFileSync(s.at('app.log'), Array.from({ length: count }, (_, n) => `${logLine(n)}\n`).join(''));
  const [port, web] = [await freePort(), await freePort()];
  const conf = writeConfig(s, { target: `tcp://127.0.0.1:${port}`, more: `[status]\nlisten = 127.0.0.1:${web}` });
  const run = start(s, process.execPath, [main, 'run', '-c', conf]);
  await until('the second thread runs', () => threadsOf(run.pid).includes('shape'), { told: run.stderr });
  const sink = await startSink(s, { port });
  await until('all has come', () => sink.messages().length === count, { told: run.stderr });
  assert.doesNotMatch(run.stderr(), /thread-ended/);
  const metrics = await fetch(`http://127.0.0.1:${web}/metrics`);
  assert.equal(metrics.status, 200);
  assert.match(await metrics.text(), /^tailship_lines_read_total\{.*\} \d+$/m);
  assert.equal(await stopped(run), 0);
});

test('a Node that is too old is told what it takes, whatever it lacks', { skip }, async () => {
  await call('tar', ['-C', world.dir, '-xzf', TARBALL]);
  const home = world.at(`tailship-${version}`);
  const old = world.at('old.cjs');
  fs.writeFileSync(
    old,
    "delete process.getBuiltinModule; Object.defineProperty(process, 'versions', { value: { node: '18.20.4' } });",
  );
  const told = await call(process.execPath, ['--require', old, path.join(home, 'dist/main.js')]).then(
    () => assert.fail('it must not run'),
    (error: { code: number; stderr: string }) => error,
  );
  assert.equal(told.code, 2);
  assert.match(told.stderr, /^tailship needs Node 24\.15 or newer of 24, or 26 and up; this is 18\.20\.4\./);
});

test('the tarball unpacks to a tailship that needs no other Node', { skip }, async () => {
  await call('tar', ['-C', world.dir, '-xzf', TARBALL]);
  const home = world.at(`tailship-${version}`);
  const { stdout } = await call(path.join(home, 'sbin/tailship'), ['--version'], { env: { PATH: '/usr/bin:/bin' } });
  assert.equal(stdout, `${version}\n`);
  const shown = await call(path.join(home, 'sbin/tailship'), [
    'check',
    '--json',
    '-c',
    path.join(home, 'config.conf.example'),
  ]).catch((error: { stdout: string }) => error);
  assert.equal(typeof JSON.parse(shown.stdout).code, 'number');
  const packages = fs.readdirSync(path.join(home, 'node_modules'));
  assert.deepEqual(
    packages.sort(),
    ['better-sqlite3', 'node-addon-api', 'uplot'],
    'all others are inside of dist/, or only for development',
  );
  const scripts = fs.readdirSync(path.join(home, 'dist')).filter((name) => name.endsWith('.js') && name !== 'main.js');
  const imported = scripts.flatMap((name) => [
    ...fs.readFileSync(path.join(home, 'dist', name), 'utf8').matchAll(/\bfrom"[a-z][\w:/-]*"/g),
  ]);
  assert.deepEqual(
    [...new Set(imported.map(([text]) => text))],
    ['from"better-sqlite3"'],
    "Node's own modules are asked for, not imported",
  );
  assert.match(fs.readFileSync(path.join(home, 'dist/LICENSES.txt'), 'utf8'), /^zod [\d.]+: MIT\n\nMIT License/m);
});

const asRoot = process.getuid?.() === 0 ? needsParts('debootstrap') : { skip: 'a root of its own takes root' };

test('the .deb installs into a clean Debian, ships a line by its unit, keeps the state on removal and takes it on purge', {
  skip: skip || asRoot.skip,
  timeout: 600_000,
}, async (t) => {
  const root = await debian();
  const inside = async (...args: string[]) => (await call('chroot', [root, ...args], { maxBuffer: 2 ** 24 })).stdout;
  fs.copyFileSync(DEB, path.join(root, 'tailship.deb'));
  assert.match(await inside('dpkg', '--force-unsafe-io', '-i', '/tailship.deb'), /edit \/etc\/tailship\/config\.conf/);
  assert.equal(await inside('tailship', '--version'), `${version}\n`);
  assert.match(await inside('id', 'tailship'), /groups=\d+\(tailship\),\d+\(adm\)/);
  assert.equal((await inside('stat', '-c', '%U:%G %a', '/etc/tailship/config.conf')).trim(), 'root:tailship 640');
  assert.equal((await inside('stat', '-c', '%U:%G %a', '/var/lib/tailship')).trim(), 'tailship:tailship 700');

  const unit = fs.readFileSync(path.join(root, 'usr/lib/systemd/system/tailship.service'), 'utf8');
  const words = /^ExecStart=(.*)$/m.exec(unit)![1]!.split(' ');
  const { code, said } = await shipOne(t, 'chroot', ['--userspec=tailship', root, ...words, '--once'], root);
  assert.equal(code, 0, said);
  assert.ok(fs.existsSync(path.join(root, 'var/lib/tailship/spool.db')));

  await inside('dpkg', '-r', 'tailship');
  assert.ok(!fs.existsSync(path.join(root, 'usr/lib/tailship')));
  assert.ok(fs.existsSync(path.join(root, 'etc/tailship/config.conf')), 'a removal keeps the configuration');
  assert.ok(fs.existsSync(path.join(root, 'var/lib/tailship/spool.db')), 'and the state');
  await inside('dpkg', '-P', 'tailship');
  for (const gone of ['etc/tailship', 'var/lib/tailship']) assert.ok(!fs.existsSync(path.join(root, gone)), gone);
  assert.doesNotMatch(fs.readFileSync(path.join(root, 'etc/passwd'), 'utf8'), /^tailship:/m);
});

const machine = needsMachine();

test('under a real systemd the service starts without its server, is held in by its unit, reloads, survives a hang and a kill, and stops', {
  skip: skip || asRoot.skip || machine.skip,
  timeout: 600_000,
}, async (t) => {
  const s = scene(t);
  const root = await debian();
  const { run } = await bootMachine(s, root);
  const write = (file: string, text: string) => fs.writeFileSync(path.join(root, file), text);
  const shown = async (property: string) => (await run('systemctl', 'show', '-P', property, 'tailship')).trim();
  const journal = (priority: string) => run('journalctl', '-u', 'tailship', '-p', priority, '-o', 'cat', '--no-pager');
  const log = (text: string) =>
    fs.appendFileSync(path.join(root, 'var/log/app.log'), `Nov 23 10:00:00 web1 app[7]: ${text}\n`);
  fs.copyFileSync(DEB, path.join(root, 'tailship.deb'));
  assert.match(await run('dpkg', '--force-unsafe-io', '-i', '/tailship.deb'), /systemctl enable --now tailship/);
  log('one');
  await run('chgrp', 'adm', '/var/log/app.log');
  await run('chmod', '0640', '/var/log/app.log');
  const port = await freePort();
  const config = `[input]\npath[] = /var/log/app.log\n[syslog]\ntarget = tcp://127.0.0.1:${port}\nlinger = 100ms\n`;
  write('etc/tailship/config.conf', config);
  // Short, so that the hang below need not last long.
  fs.mkdirSync(path.join(root, 'etc/systemd/system/tailship.service.d'), { recursive: true });
  write('etc/systemd/system/tailship.service.d/short.conf', '[Service]\nWatchdogSec=8\nRestartSec=100ms\n');
  await run('systemctl', 'daemon-reload');

  await t.test('it is ready though its server is away, and the journal has the warning with its priority', async () => {
    assert.equal(await run('systemctl', 'start', 'tailship'), '');
    assert.equal(await shown('ActiveState'), 'active');
    await until('it is told', async () => (await journal('warning')).includes('server-away'));
    assert.doesNotMatch(await journal('err'), /server-away/);
    assert.match(await shown('StatusText'), /^(connecting|spooling)/);
  });

  await t.test(
    'it runs as its user, without capabilities, behind a filter, and may write its own folder alone',
    async () => {
      const pid = await shown('MainPID');
      const status = await run('cat', `/proc/${pid}/status`);
      for (const line of [/^CapEff:\s+0+$/m, /^CapBnd:\s+0+$/m, /^NoNewPrivs:\s+1$/m, /^Seccomp:\s+2$/m])
        assert.match(status, line);
      assert.equal(/^Uid:\s+(\d+)/m.exec(status)?.[1], (await run('id', '-u', 'tailship')).trim());
      const inside = (file: string) => run('nsenter', '-t', pid, '-m', 'sh', '-c', `touch ${file} && echo written`);
      for (const file of ['/etc/x', '/usr/x', '/var/log/x', '/srv/x'])
        assert.match(await inside(file), /Read-only/, file);
      assert.match(await inside('/var/lib/tailship/x'), /written/);
    },
  );

  const sink = await startSink(s, { port });
  const arrived = (text: string) =>
    until(`${text} is there`, () => sink.messages().some((one) => one.includes(`"MSG":"${text}"`)));
  await arrived('one');
  /** What the server has and nobody knows of yet would come twice after a kill. */
  const settled = () =>
    until('all is settled', async () => {
      const { destinations } = JSON.parse(await run('tailship', 'status', '--json')) as Status;
      return destinations.every(
        ({ underway, inputs }) => underway.lines === 0 && inputs.every(({ behind }) => behind === 0),
      );
    });

  await t.test(
    'a reload takes a new input over, and one that is refused leaves the old configuration running',
    async () => {
      write('var/log/other.log', 'Nov 23 10:00:00 web1 other: from the other file\n');
      write('etc/tailship/config.conf', config.replace('[syslog]', 'path[] = /var/log/other.log\n[syslog]'));
      assert.equal(await run('systemctl', 'reload', 'tailship'), '');
      await arrived('from the other file');
      write('etc/tailship/config.conf', `${config}nonsense = 1\n`);
      assert.equal(await run('systemctl', 'reload', 'tailship'), '');
      await until('the refusal is told', async () => /reload-refused.*nonsense/.test(await journal('err')));
      log('two');
      await arrived('two');
      assert.equal(await shown('ActiveState'), 'active');
      assert.equal(await shown('NRestarts'), '0');
      write('etc/tailship/config.conf', config);
    },
  );

  await t.test('one that hangs is ended by the watchdog and started again, and so is one that is killed', async () => {
    await settled();
    await run('systemctl', 'kill', '--signal=SIGSTOP', '--kill-who=main', 'tailship');
    await until('it is started again', async () => (await shown('NRestarts')) === '1');
    assert.match(await run('journalctl', '-u', 'tailship', '-o', 'cat', '--no-pager'), /Watchdog timeout/);
    log('three');
    await arrived('three');
    await settled();
    await run('systemctl', 'kill', '--signal=SIGKILL', '--kill-who=main', 'tailship');
    await until('it is started again', async () => (await shown('NRestarts')) === '2');
    log('four');
    await arrived('four');
  });

  await t.test(
    'it stops in order, with the last line delivered, and a wrong configuration is told and not tried again',
    async () => {
      log('five');
      await arrived('five');
      assert.equal(await run('systemctl', 'stop', 'tailship'), '');
      assert.deepEqual([await shown('Result'), await shown('ExecMainStatus')], ['success', '0']);
      write('etc/tailship/config.conf', `${config}nonsense = 1\n`);
      assert.match(await run('systemctl', 'start', 'tailship'), /failed/);
      assert.equal(await shown('ExecMainStatus'), '2');
      assert.equal(await shown('ActiveState'), 'failed');
      assert.match(await journal('err'), /config\.conf:6: 'nonsense' is no key of \[syslog\].*\[config-key\]/);
    },
  );
  const bodies = sink.messages().map((one) => /"MSG":"([^"]*)"/.exec(one)?.[1]);
  assert.deepEqual(
    bodies,
    ['one', 'from the other file', 'two', 'three', 'four', 'five'],
    'nothing is lost or repeated',
  );
});

test('the npm package is as publint wants it, and its bin runs from an install of the packed file', {
  skip,
}, async () => {
  const { publint } = await import('publint');
  const { messages } = await publint({ pkgDir: ROOT, strict: true });
  assert.deepEqual(messages, []);
  const folder = world.at('npm');
  fs.mkdirSync(folder);
  const { stdout } = await call('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT });
  const packed = path.join(folder, stdout.trim().split('\n').at(-1)!);
  const { stdout: list } = await call('tar', ['-tzf', packed]);
  for (const held of [
    'dist/main.js',
    'dist/store/schema.sql',
    'dist/LICENSES.txt',
    'packaging/tailship.1',
    'docs/configuration.md',
    'config.conf.example',
  ])
    assert.ok(list.split('\n').includes(`package/${held}`), held);
  assert.doesNotMatch(list, /package\/(agent|test|scripts)\//);
  // Its dependencies are those of the checkout, so that no registry is needed.
  await call('tar', ['-C', folder, '-xzf', packed]);
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'package/node_modules'));
  const bin = path.join(folder, 'package', 'dist/main.js');
  assert.equal((await call(process.execPath, [bin, '--version'])).stdout, `${version}\n`);
});
