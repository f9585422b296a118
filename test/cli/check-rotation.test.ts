import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkRotation, growthOf, keptFor } from '../../agent/check-rotation.ts';
import { readLogrotate, rotatedName, rotationOf } from '../../agent/logrotate.ts';
import { loadConfig } from '../../agent/sections.ts';
import { scene } from '../harness/temp.ts';

const DAY = 86_400_000;
const AT = new Date(2026, 10, 25, 13, 5, 9);
const ANYBODY = { uid: 4242, gids: [4242] };

/** Reads configuration files of logrotate; the first is the one that is named, and `~` is their folder. */
function rotations(t: TestContext, files: Readonly<Record<string, string>>) {
  const s = scene(t);
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(s.at(name)), { recursive: true });
    fs.writeFileSync(s.at(name), text.replaceAll('~/', `${s.dir}/`));
  }
  return { s, read: readLogrotate(s.at(Object.keys(files)[0]!)) };
}

/** The block that rotates app.log, in a configuration with nothing else. */
function block(t: TestContext, says: string) {
  const { s, read } = rotations(t, { 'logrotate.conf': `~/app.log {\n${says}\n}\n` });
  fs.writeFileSync(s.at('app.log'), 'x\n', { mode: 0o640 });
  const file = s.at('app.log');
  return { s, file, rotation: rotationOf(read, file)! };
}

function codes(t: TestContext, says: string, input = ''): (string | undefined)[] {
  const { s, file, rotation } = block(t, says);
  fs.writeFileSync(s.at('config.conf'), `[input]\npath = app.log\n${input}\n`);
  const { config } = loadConfig({ file: s.at('config.conf'), env: {}, cwd: s.dir });
  return checkRotation(config.inputs[0]!, file, rotation, ANYBODY)
    .filter(({ level }) => level !== 'ok')
    .map(({ code }) => code);
}

test('includes, globals, blocks over several lines, quotes, comments and scripts are read as logrotate reads them', (t) => {
  const { s, read } = rotations(t, {
    'logrotate.conf': '# all\nweekly\nrotate 4\ninclude ~/d\ncompress\n~/last.log { monthly }\n',
    'd/b':
      '~/b/*.log\n"~/with blank.log" {\n  daily # no comment for logrotate, and no matter\n  postrotate\n    }\n    rotate 99\n  endscript\n  rotate=7\n}\n',
    'd/a': 'dateext\n~/a.log {\n  size 10M\n  nodateext\n}\n',
    'd/b.dpkg-old': '~/b/*.log { rotate 1 }\n',
  });
  const says = (name: string) => Object.fromEntries(rotationOf(read, s.at(name))?.says ?? []);
  assert.deepEqual(says('a.log'), { rotate: '4', size: '10M' });
  assert.equal(says('b/x.log').rotate, '7');
  assert.deepEqual(Object.keys(says('with blank.log')).sort(), ['daily', 'dateext', 'rotate']);
  assert.deepEqual(Object.keys(says('last.log')).sort(), ['compress', 'dateext', 'monthly', 'rotate']);
  assert.equal(rotationOf(read, s.at('b/x.log'))?.where, `${s.at('d/b')}:2`);
  assert.equal(rotationOf(read, s.at('other.log')), undefined);
});

test('an include that leads back to itself ends, and what cannot be read is named', (t) => {
  const { s, read } = rotations(t, { 'logrotate.conf': 'include ~/logrotate.conf\ninclude ~/absent\n' });
  assert.deepEqual([...new Set(read.unread)], [`${s.at('absent')} (ENOENT)`]);
});

test('the name after a rotation is foretold: number, date, format, extension, folder', (t) => {
  const name = (says: string) => {
    const { s, file, rotation } = block(t, says);
    return path.relative(s.dir, rotatedName(rotation, file, AT));
  };
  assert.equal(name('rotate 4'), 'app.log.1');
  assert.equal(name('dateext'), 'app.log-20261125');
  assert.equal(name('dateext\nhourly'), 'app.log-2026112513');
  assert.equal(name('dateext\ndateformat .%Y-%m-%d_%H%M%S'), 'app.log.2026-11-25_130509');
  assert.equal(name('dateext\nextension .log'), 'app-20261125.log');
  assert.equal(name('olddir old'), 'old/app.log.1');
});

test('each pitfall is found, and a sound block has none', (t) => {
  const sound = 'daily\nrotate 7\ncompress\ndelaycompress\ncreate 0644 root root\ndateext';
  assert.deepEqual(codes(t, sound), []);
  assert.deepEqual(codes(t, 'daily\nrotate 7\ncopytruncate'), ['rotation-copytruncate']);
  assert.deepEqual(codes(t, 'compress'), ['rotation-packs-early']);
  assert.deepEqual(codes(t, 'compress\ndelaycompress\ncompresscmd /usr/bin/xz\ncompressext .xz'), ['rotation-packer']);
  assert.deepEqual(codes(t, 'dateext\ndateformat .week%V'), ['rotation-name']);
  assert.deepEqual(codes(t, 'olddir old'), ['rotation-olddir']);
  assert.deepEqual(codes(t, 'olddir old', 'rotated = old/app.log*'), []);
  assert.deepEqual(codes(t, 'olddir old', 'rotated = elsewhere/app.log*'), ['rotation-olddir']);
  assert.deepEqual(codes(t, 'create 0600 root root'), ['rotation-create-closed']);
  assert.deepEqual(codes(t, 'create 0640 4242 root'), []);
  assert.deepEqual(codes(t, 'create 0640 root 4242'), []);
});

test('how long a rotated file stays follows from period, number, age and size', (t) => {
  const kept = (says: string, rate?: number) => keptFor(block(t, says).rotation, rate);
  assert.equal(kept('daily\nrotate 7'), 7 * DAY);
  assert.equal(kept('weekly\nrotate 4\nmaxage 10'), 10 * DAY);
  assert.equal(kept('rotate -1'), Number.POSITIVE_INFINITY);
  assert.equal(kept('daily'), 0);
  assert.equal(kept('size 10k\nrotate 5'), undefined);
  assert.equal(kept('size 10k\nrotate 5', 1024), 50_000);
  assert.equal(kept('daily\nmaxsize 1M\nrotate 2', 1024), 2 * 1024 * 1000);
  assert.equal(kept('daily\nmaxsize 1M\nrotate 2', 0), 2 * DAY);
});

test('the growth of a file is reckoned from it and the plain generations beside it', (t) => {
  const s = scene(t);
  const now = AT.getTime();
  const file = (name: string, bytes: number, age: number) => {
    fs.writeFileSync(s.at(name), Buffer.alloc(bytes));
    fs.utimesSync(s.at(name), new Date(now - age), new Date(now - age));
  };
  file('app.log', 1000, 0);
  assert.equal(
    growthOf(s.at('app.log'), fs.statSync(s.at('app.log')).birthtimeMs + 1000),
    undefined,
    'too young to tell',
  );
  file('app.log.1', 2000, 1_000_000);
  file('app.log.2', 9999, 3_000_000);
  file('app.log.3.gz', 9999, 9_000_000);
  assert.equal(growthOf(s.at('app.log'), now), 1);
});

test('a pipe in the place of a configuration is named as unread, and not waited for', (t) => {
  const s = scene(t);
  spawnSync('mkfifo', [s.at('pipe')]);
  assert.deepEqual(readLogrotate(s.at('pipe')), { rotations: [], unread: [`${s.at('pipe')} (not a file)`], open: [] });
});
