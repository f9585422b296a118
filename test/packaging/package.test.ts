import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from '../harness/agent.ts';
import { programPath, start } from '../harness/processes.ts';
import { startSink } from '../harness/sink.ts';
import { needsParts } from '../harness/system.ts';
import { createScene, scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';

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
  assert.match(fs.readFileSync(path.join(home, 'dist/LICENSES.txt'), 'utf8'), /^zod [\d.]+: MIT\n\nMIT License/m);
});

/** A Debian with nothing but its base. MINBASE_ROOT: the folder of one that is there already, which is copied. */
async function makeRoot(folder: string): Promise<void> {
  const ready = process.env.MINBASE_ROOT;
  if (ready !== undefined) return void (await call('cp', ['-a', ready, folder]));
  const suite = /^VERSION_CODENAME=(\S+)/m.exec(fs.readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'stable';
  const make = () =>
    call(programPath('debootstrap')!, ['--variant=minbase', '--include=libatomic1', suite, folder], {
      maxBuffer: 2 ** 26,
    });
  try {
    await make();
  } catch {
    // A mirror may fail once. What a failed debootstrap leaves mounted would outlive the test.
    await call('umount', [path.join(folder, 'proc')]).catch(() => {});
    fs.rmSync(folder, { recursive: true, force: true });
    await make();
  }
}

const asRoot = process.getuid?.() === 0 ? needsParts('debootstrap') : { skip: 'a root of its own takes root' };

test('the .deb installs into a clean Debian, ships a line by its unit, keeps the state on removal and takes it on purge', {
  skip: skip || asRoot.skip,
  timeout: 600_000,
}, async (t) => {
  const root = world.at('root');
  await makeRoot(root);
  const inside = async (...args: string[]) => (await call('chroot', [root, ...args], { maxBuffer: 2 ** 24 })).stdout;
  fs.copyFileSync(DEB, path.join(root, 'tailship.deb'));
  assert.match(await inside('dpkg', '-i', '/tailship.deb'), /edit \/etc\/tailship\/config\.conf/);
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
