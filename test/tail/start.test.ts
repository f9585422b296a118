import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { type Files, realFiles } from '../../agent/tail/files.ts';
import { lookedAt } from './odd-files.ts';
import { scene } from './scene.ts';

// Written in this order, for numbers that rise with the times of birth are log4j's.
const chain = { 'app.log.2': 'older\n', 'app.log.1': 'old 1\n', 'app.log': 'live 1\nlive 2\nhal' };

test('start = beginning reads the live file from its start and leaves older generations alone', () =>
  scene({ before: chain }, (stage) => {
    assert.equal(stage.reader.read(), 'live 1\nlive 2\n');
  }));

test("a glob never means the agent's own state nor what stands beside it, by whatever way its folder is reached", () =>
  scene({ start: false, before: { 'app.log': 'one\n', 'spool.log': 'two\n', 'spool.db.log': 'three\n' } }, (stage) => {
    const way = `${stage.folder}/way`;
    fs.symlinkSync(stage.folder, way);
    for (const name of ['', '-wal', '-shm', '.lock', '.positions', '.reserve', '.broken-20261123-120000'])
      stage.write('never read\n', `spool.db${name}`);
    for (const state of [`${stage.folder}/spool.db`, `${way}/spool.db`]) {
      stage.start({ paths: [`${stage.folder}/*`], state });
      assert.deepEqual(
        stage.reader.walk.status().map(({ path: file }) => path.basename(file)),
        ['app.log', 'spool.db.log', 'spool.log'],
      );
      stage.kill();
    }
  }));

test('start = end begins behind the last newline and says how much was passed over', () =>
  scene({ before: chain, input: { start: 'end' } }, (stage) => {
    assert.equal(stage.reader.read(), '');
    stage.write('f\nlive 4\n');
    assert.equal(stage.look(), 'half\nlive 4\n');
    const [context] = stage.reader.opened;
    assert.deepEqual([context!.offset, context!.skip], [14, 14]);
  }));

test('start = end holds at the first sight of a chain only', () =>
  scene({ before: chain, input: { start: 'end' } }, (stage) => {
    stage.kill();
    stage.write('f\n');
    stage.rename('app.log.3');
    stage.write('new\n');
    stage.start();
    assert.equal(stage.look().includes('new\n'), true);
  }));

test('start = end reads a file from its beginning that did not exist when the agent looked first', () =>
  scene({ input: { start: 'end' } }, (stage) => {
    stage.look();
    stage.write('one\n');
    assert.equal(stage.look(), 'one\n');
  }));

test('start = oldest reads the old generations first', () =>
  scene({ before: chain, input: { start: 'oldest' } }, (stage) => {
    assert.equal(stage.reader.read(), 'older\nold 1\nlive 1\nlive 2\n');
  }));

test('a folder that appears later is followed from then on', () =>
  scene({ start: false }, (stage) => {
    const file = path.join(stage.folder, 'later/deep/app.log');
    stage.start({ paths: [file] });
    assert.equal(stage.look(), '');
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, 'one\n');
    assert.equal(stage.look(), 'one\n');
  }));

test('a file without rights is said once with the cure, retried, and said again when it works', () => {
  let denied = true;
  const refuse = (): never => {
    throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
  };
  const files: Files = {
    ...realFiles,
    open: (file) => (denied && file.endsWith('.log') ? refuse() : realFiles.open(file)),
  };
  return scene({ before: { 'app.log': 'one\n' }, files }, (stage) => {
    assert.equal(stage.pass(5000), '');
    const said = stage.sentences.filter((sentence) => sentence.includes('cannot be read (EACCES)'));
    assert.equal(said.length, 1);
    assert.match(said[0]!, /give the agent the right to read it/);
    assert.equal(stage.reader.walk.status()[0]!.state, 'unreadable');
    denied = false;
    assert.equal(stage.look(), 'one\n');
    assert.match(stage.sentences.at(-1)!, /can be read again/);
  });
});

test('a second name of a file is told as such, and not as a file that cannot be read', () =>
  scene({ before: { 'app.log': 'one\n' }, start: false }, (stage) => {
    const second = `${stage.folder}/second.log`;
    fs.linkSync(stage.live, second);
    stage.start({ paths: [stage.live, second] });
    assert.equal(stage.pass(3000), 'one\n');
    const status = stage.reader.walk.status();
    assert.deepEqual(status.map(({ path: at, state }) => [at, state]).sort(), [
      [stage.live, 'read to its end'],
      [second, 'read under another name'],
    ]);
    assert.equal(
      status.find((one) => one.path === second)?.reason,
      `the same file as ${stage.live}: each line is shipped once`,
    );
    fs.rmSync(second);
    fs.writeFileSync(second, 'two\n');
    assert.equal(stage.pass(3000), 'two\n');
    assert.deepEqual(
      stage.reader.walk.status().map(({ state }) => state),
      ['read to its end', 'read to its end'],
    );
  }));

test('a folder without rights is said once with the cure, and its files are found when rights come', () => {
  let denied = true;
  const refuse = (): never => {
    throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
  };
  const files: Files = {
    ...realFiles,
    list: (folder) => (denied && folder.includes('tailship') ? refuse() : realFiles.list(folder)),
  };
  return scene({ before: { 'app.log': 'one\n' }, files, start: false }, (stage) => {
    stage.start({ paths: [`${stage.folder}/*.log`] });
    assert.equal(stage.pass(3000), '');
    assert.equal(stage.sentences.filter((one) => one.includes('cannot be listed (EACCES)')).length, 1);
    denied = false;
    assert.equal(stage.look(), 'one\n');
    assert.match(stage.sentences.join('\n'), /can be listed again/);
  });
});

test('rights lost at a rotation: the renamed file is still drained, the new one read when it may be', () => {
  let denied = false;
  const files: Files = {
    ...realFiles,
    open(file) {
      if (denied && file.endsWith('app.log')) throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
      return realFiles.open(file);
    },
  };
  return scene({ before: { 'app.log': 'one\n' }, files }, (stage) => {
    stage.reader.read();
    stage.write('two\n');
    denied = true;
    stage.rename('app.log.1');
    stage.write('three\n');
    assert.equal(stage.look(), 'two\n');
    assert.equal(stage.pass(3000), '');
    denied = false;
    assert.equal(stage.look(), 'three\n');
  });
});

test('a glob finds new files and new folders, and never takes a generation or an archive for an input', () =>
  scene(
    { start: false, before: { 'a.log': 'a\n', 'a.log-20261101': 'old\n', 'a.log.2.gz': 'x', 'b-20261122.log': 'b\n' } },
    (stage) => {
      fs.utimesSync(`${stage.folder}/a.log.2.gz`, 1_700_000_000, 1_700_000_000);
      stage.start({ paths: [`${stage.folder}/*`, `${stage.folder}/**/*.log`] });
      assert.deepEqual(stage.reader.read().split('\n').sort(), ['', 'a', 'b']);
      fs.mkdirSync(`${stage.folder}/new/deeper`, { recursive: true });
      fs.writeFileSync(`${stage.folder}/new/deeper/c.log`, 'c\n');
      assert.equal(stage.look(), 'c\n');
      stage.rename('a.log-20261122', 'a.log');
      assert.equal(stage.look(), '');
      stage.write('a2\n', 'a.log');
      assert.equal(stage.look(), 'a2\n');
      assert.deepEqual(
        stage.reader.opened.map((context) => path.basename(context.path)),
        ['a.log', 'b-20261122.log', 'c.log', 'a.log'],
      );
    },
  ));

test('a directory as path is refused with a sentence', () =>
  scene({ start: false }, (stage) => {
    stage.start({ paths: [stage.folder] });
    assert.match(stage.sentences.join('\n'), /is a folder, not a file/);
  }));

test('the same file under two names is read once', () =>
  scene({ start: false, before: { 'a.log': 'one\n' } }, (stage) => {
    fs.symlinkSync('a.log', `${stage.folder}/b.log`);
    fs.linkSync(`${stage.folder}/a.log`, `${stage.folder}/c.log`);
    stage.start({ paths: [`${stage.folder}/*.log`] });
    assert.equal(stage.look(), 'one\n');
    stage.write('two\n', 'c.log');
    assert.equal(stage.look(), 'two\n');
    assert.equal(stage.reader.opened.length, 1);
  }));

test('a link that moves to another target: the old target is read to its end, then the new one', () =>
  scene({ start: false }, (stage) => {
    fs.mkdirSync(`${stage.folder}/pods`);
    stage.write('one\n', 'pods/0.log');
    fs.symlinkSync('pods/0.log', stage.live);
    stage.start();
    assert.equal(stage.reader.read(), 'one\n');
    stage.write('two\n', 'pods/0.log');
    stage.write('three\n', 'pods/1.log');
    fs.unlinkSync(stage.live);
    fs.symlinkSync('pods/1.log', stage.live);
    assert.equal(stage.look(), 'two\nthree\n');
  }));

test("a link's target that is rotated in its own folder is followed, also while the agent is away", () =>
  scene({ start: false }, (stage) => {
    fs.mkdirSync(`${stage.folder}/pods`);
    stage.write('one\n', 'pods/0.log');
    fs.symlinkSync('pods/0.log', stage.live);
    stage.start();
    assert.equal(stage.reader.read(), 'one\n');
    stage.kill();
    stage.write('two\n', 'pods/0.log');
    stage.rename('pods/0.log.20261123-101112', 'pods/0.log');
    stage.write('three\n', 'pods/0.log');
    stage.start();
    assert.equal(stage.look(), 'two\nthree\n');
  }));

test('a folder that is a link and moves in the middle of a look hides no old file of the folder to which it leads then', () => {
  let looks = 0;
  let move = (): void => {};
  // The poll looks at both files first; then one after the other is looked into.
  const files = lookedAt((look, file) => {
    if (file.endsWith('now/b.log') && ++looks === 2) move();
    return look(file);
  });
  return scene({ start: false, files }, (stage) => {
    for (const folder of ['one', 'two']) fs.mkdirSync(path.join(stage.folder, folder));
    for (const name of ['one/a.log', 'one/b.log', 'two/b.log.1', 'two/b.log']) stage.write(`${name}\n`, name);
    fs.symlinkSync('one', `${stage.folder}/now`);
    move = () => {
      fs.unlinkSync(`${stage.folder}/now`);
      fs.symlinkSync('two', `${stage.folder}/now`);
    };
    stage.start({ start: 'oldest', paths: ['a', 'b'].map((name) => `${stage.folder}/now/${name}.log`) });
    assert.deepEqual(stage.look().match(/.*b.*/g), ['two/b.log.1', 'two/b.log']);
  });
});

test('generations that lie in a folder of their own are found by `rotated`', () =>
  scene({ before: { 'app.log': 'one\n' }, start: false }, (stage) => {
    fs.mkdirSync(`${stage.folder}/old`);
    const rotated = `${stage.folder}/old/*`;
    stage.start({ rotated });
    stage.reader.read();
    stage.kill();
    stage.write('two\n');
    stage.rename('old/app.log.2');
    stage.write('three\n', 'old/app.log.1');
    stage.write('four\n');
    stage.start({ rotated });
    assert.equal(stage.look(), 'two\nthree\nfour\n');
  }));
