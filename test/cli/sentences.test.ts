/** What goes wrong on the command line is said by name, with the cure and the right exit code. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createWorld } from './fake-io.ts';

const LINE = 'Nov 23 10:00:00 web1 app[7]: hello\n';
const configured = (world: ReturnType<typeof createWorld>) => {
  world.write('app.log', LINE);
  return world.write('config.conf', '[input]\npath = app.log\n');
};

test('check --logrotate: a file that is not there is wrong usage', async () => {
  using world = createWorld();
  configured(world);
  const { code, err } = await world.run('check', '--logrotate', 'nope.conf');
  assert.equal(code, 2);
  assert.match(err, /^tailship: --logrotate: there is no file nope\.conf\. /);
});

test('check --logrotate: a folder is read as logrotate reads it, without the folders in it', async () => {
  using world = createWorld();
  configured(world);
  fs.mkdirSync(path.join(world.folder, 'd/a-folder'), { recursive: true });
  const block = (rotate: number) => `${path.join(world.folder, '*.log')} {\n  weekly\n  rotate ${rotate}\n}\n`;
  world.write('d/a-folder/a', block(3));
  world.write('d/app', block(7));
  world.write('d/binary', 'a\0b');
  fs.closeSync(fs.openSync(path.join(world.folder, 'd/huge'), 'w'));
  fs.truncateSync(path.join(world.folder, 'd/huge'), 2 ** 34);
  const { out } = await world.run('check', '--logrotate', 'd');
  const words = out.replaceAll(/\s+/g, ' ');
  assert.match(words, /logrotate rotates it weekly, keeps 7/);
  assert.match(words, /d\/binary \(not a text\) cannot be read/);
  assert.match(words, /d\/huge \(larger than logrotate takes\) cannot be read/);
});

test('check --logrotate: a block that is not closed is a warning that names its line', async () => {
  using world = createWorld();
  configured(world);
  world.write('rotate.conf', `weekly\n${path.join(world.folder, '*.log')} {\n  rotate 4\n`);
  const { out } = await world.run('check', '--logrotate', 'rotate.conf', '--json');
  const { findings } = JSON.parse(out) as { findings: readonly { level: string; code?: string; where?: string }[] };
  const found = findings.find(({ code }) => code === 'rotation-unclosed');
  assert.equal(found?.level, 'warning');
  assert.match(found.where!, /rotate\.conf:2$/);
});

test('try: an archive that was cut off is read to its end, and named; what is no gzip is named too', async () => {
  using world = createWorld();
  // Lines that do not pack to nothing.
  const text = Array.from({ length: 5_000 }, (_, i) => LINE.replace('hello', String(Math.sin(i)))).join('');
  world.write('cut.gz', gzipSync(text).subarray(0, 20_000));
  const cut = await world.run('try', 'cut.gz', '--lines', '1');
  assert.equal(cut.code, 1);
  assert.match(cut.out, /matched: user\.info/);
  assert.match(cut.err, /^tailship: .*cut\.gz ends in the middle: it was cut off, or is still being packed\. /);
  world.write('no.gz', LINE);
  const none = await world.run('try', 'no.gz');
  assert.equal(none.code, 1);
  assert.match(none.err, /no\.gz is no gzip, or is damaged \(.*\)\. Look at it with: gzip -t /);
  const suggested = await world.run('try', '--suggest', 'no.gz');
  assert.match(suggested.err, /no\.gz is no gzip/);
});

test('try: an input that is not there is wrong usage', async () => {
  using world = createWorld();
  configured(world);
  const { code, err } = await world.run('try', '--input', 'nope');
  assert.equal(code, 2);
  assert.match(err, /^tailship: There is no input 'nope'\./);
});

test('init: a folder, a device and a target that is none are told apart, and nothing is written', async () => {
  using world = createWorld();
  world.write('app.log', LINE);
  const folder = await world.run('init', '.', '-c', 'new.conf');
  assert.equal(folder.code, 1);
  assert.match(folder.err, /is a folder\. Name a file in it: tailship init /);
  const device = await world.run('init', '/dev/null', '-c', 'new.conf');
  assert.equal(device.code, 1);
  assert.match(device.err, /\/dev\/null is no ordinary file/);
  for (const target of ['foo', 'ftp://x', '']) {
    const wrong = await world.run('init', 'app.log', '-c', 'new.conf', `--target=${target}`);
    assert.equal(wrong.code, 2, target);
    assert.match(wrong.err, /^tailship: --target/, target);
  }
  assert.ok(!fs.existsSync(path.join(world.folder, 'new.conf')));
});

test('completion: the shell is the one that is named, else that of $SHELL; another one is wrong usage', async () => {
  using world = createWorld();
  const first = async (shell: string | undefined, ...words: string[]) => {
    const { out } = await world.runWith({ env: shell === undefined ? {} : { SHELL: shell } }, 'completion', ...words);
    return /^#compdef|^complete -f -c|^complete -o/m.exec(out)?.[0];
  };
  const told = [
    await first('/bin/zsh', 'bash'),
    await first('/bin/bash', 'zsh'),
    await first(undefined, 'fish'),
    await first('/usr/bin/zsh'),
    await first('/usr/bin/fish'),
    await first(undefined),
  ];
  const [bash, zsh, fish] = ['complete -o', '#compdef', 'complete -f -c'];
  assert.deepEqual(told, [bash, zsh, fish, zsh, fish, bash]);
  const { code, err } = await world.run('completion', 'ksh');
  assert.equal(code, 2);
  assert.match(err, /'ksh' is no shell .* There are: bash, zsh, fish\./);
});
