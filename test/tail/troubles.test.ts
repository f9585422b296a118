import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { test } from 'node:test';
import { type Files, realFiles } from '../../agent/tail/files.ts';
import { counted } from './odd-files.ts';
import { type Scene, scene } from './scene.ts';

/** The real file system, but that an open file with the inode number `refused.ino` gives the error `refused.code`. */
function refusing(refused: { ino?: number; code: string }): Files {
  const ask = (fd: number): void => {
    if (realFiles.fstat(fd).ino !== refused.ino) return;
    throw Object.assign(new Error(`${refused.code}: refused`), { code: refused.code });
  };
  return {
    ...realFiles,
    fstat(fd) {
      ask(fd);
      return realFiles.fstat(fd);
    },
    read(fd, into, position) {
      ask(fd);
      return realFiles.read(fd, into, position);
    },
  };
}

test('a file that a glob matches and whose name is not UTF-8 is told of once, by name, and the others are read', () =>
  scene({ start: false, before: { 'app.log': 'one\n' } }, (stage) => {
    const odd = Buffer.concat([Buffer.from(`${stage.folder}/caf`), Buffer.from([0xe9]), Buffer.from('.log')]);
    fs.writeFileSync(odd, 'never read\n');
    stage.start({ paths: [`${stage.folder}/*.log`] });
    assert.equal(stage.reader.read(), 'one\n');
    stage.write('two\n');
    assert.equal(stage.look(), 'two\n');
    const told = () => stage.sentences.filter((sentence) => sentence.includes('is not UTF-8'));
    assert.equal(told().length, 1);
    assert.match(told()[0]!, /The name of .*\/caf\ufffd\.log is not UTF-8, so the file is not read/);
    fs.renameSync(odd, `${stage.folder}/cafe.log`);
    assert.equal(stage.look(), 'never read\n');
    fs.writeFileSync(odd, 'again\n');
    stage.look();
    assert.equal(told().length, 2);
  }));

test('a name in which the character U+FFFD itself was written is a name like any other', () =>
  scene({ start: false }, (stage) => {
    fs.writeFileSync(`${stage.folder}/a\ufffd.log`, 'one\n');
    stage.start({ paths: [`${stage.folder}/*.log`] });
    assert.equal(stage.reader.read(), 'one\n');
    assert.ok(!stage.sentences.some((sentence) => sentence.includes('UTF-8')));
  }));

test('folders and archives that a glob matches and nobody reads are told of once, all of a kind in one sentence', () =>
  scene({ start: false, before: { 'app.log': 'one\n' } }, (stage) => {
    const told = () => stage.sentences.filter((sentence) => / (folder|archive)s? match/.test(sentence));
    for (const name of ['nginx', 'apt', 'deep', 'deep/one', 'app.log.1']) fs.mkdirSync(`${stage.folder}/${name}`);
    for (const name of ['app.log.2.gz', 'other.log.1.gz']) stage.write('', name);
    stage.write('two\n', 'deep/one/x.log');
    stage.start({ paths: [`${stage.folder}/*`, `${stage.folder}/deep/*/*.log`] });
    assert.equal(stage.look(), 'one\ntwo\n');
    stage.look();
    assert.deepEqual(told(), [
      `2 folders match and are not followed, for only files are: ${stage.folder}/apt, ${stage.folder}/nginx: to follow what is in it name that, for example ${stage.folder}/apt/*.log`,
      `1 archive matches and is not read, for an archive is only read as the rotated file of one that is followed: ${stage.folder}/other.log.1.gz: unpack it where its lines are wanted, or name the file from which it was made`,
    ]);
    fs.mkdirSync(`${stage.folder}/new`);
    stage.look();
    assert.match(told()[2]!, /^1 folder matches and is not followed, for only files are: .*\/new: /);
    assert.equal(told().length, 3);
  }));

test('what a glob matches and is no file, such as a pipe, is told of', () =>
  scene({ start: false, before: { 'app.log': 'one\n' } }, async (stage) => {
    execFileSync('mkfifo', [`${stage.folder}/pipe`]);
    stage.start({ paths: [`${stage.folder}/*`] });
    assert.equal(stage.look(), 'one\n');
    assert.equal(stage.sentences.filter((sentence) => /pipe is a device or a pipe/.test(sentence)).length, 1);
  }));

test('what could not be read and is gone is told as something new', () =>
  scene({ start: false }, (stage) => {
    const paths = ['glob/*.log', 'named.log'].map((name) => `${stage.folder}/${name}`);
    fs.mkdirSync(`${stage.folder}/glob`);
    const pipes = [`${stage.folder}/glob/a.log`, paths[1]!];
    execFileSync('mkfifo', pipes);
    stage.start({ paths });
    stage.look();
    const { walk } = stage.reader;
    const states = () => walk.status().map(({ path, state }) => [path, state]);
    assert.deepEqual(states().sort(), pipes.map((pipe) => [pipe, 'unreadable']).sort());
    const before = walk.revision();
    for (const pipe of pipes) fs.rmSync(pipe);
    stage.pass(2000);
    assert.deepEqual(states(), []);
    assert.notEqual(walk.revision(), before);
  }));

test('what cannot be read, and what is read under another name, is told as something new', () =>
  scene({ start: false, before: { 'app.log': 'one\n' } }, (stage) => {
    const other = `${stage.folder}/other.log`;
    stage.start({ paths: [stage.live, other] });
    const { walk } = stage.reader;
    const told: number[] = [];
    const step = (state: string | undefined): void => {
      stage.look();
      stage.look();
      assert.equal(walk.status().find(({ path }) => path === other)?.state, state);
      told.push(walk.revision());
      stage.look();
      assert.equal(walk.revision(), told.at(-1), 'and only once');
    };
    step(undefined);
    fs.mkdirSync(other);
    step('unreadable');
    fs.rmdirSync(other);
    fs.linkSync(stage.live, other);
    step('read under another name');
    fs.rmSync(other);
    step(undefined);
    assert.equal(new Set(told).size, told.length);
  }));

/**
 * Two files are followed. One is deleted unread, and from then on its open descriptor gives the error `code`; then both are written to, and
 * the other one is rotated.
 */
function bereaved(code: string, story: (stage: Scene, refused: { ino?: number }) => void): Promise<void> {
  const refused: { ino?: number; code: string } = { code };
  return scene({ files: refusing(refused), start: false, before: { 'app.log': 'one\n', 'b.log': 'b1\n' } }, (stage) => {
    stage.start({ paths: [`${stage.folder}/*.log`] });
    assert.equal(stage.look(), 'one\nb1\n');
    stage.write('two\n');
    stage.clock.advance(1000);
    refused.ino = realFiles.stat(stage.live)!.ino;
    fs.rmSync(stage.live);
    stage.write('three\n');
    stage.rename('b.log.1', 'b.log');
    stage.write('b2\n', 'b.log');
    story(stage, refused);
  });
}

test('a deleted file that its file server lets go of is counted as lost, and all others are read on', () =>
  bereaved('ESTALE', (stage) => {
    assert.deepEqual(stage.pass(2000).split('\n').sort(), ['', 'b2', 'three']);
    assert.deepEqual(
      stage.losses.map(({ from, to, cause }) => [from, to, cause]),
      [[4, 8, 'deleted']],
    );
  }));

test('a deleted file that cannot be read for a while is read when it can be, and all others meanwhile', () =>
  bereaved('EIO', (stage, refused) => {
    assert.equal(stage.pass(10_000), 'b2\n');
    delete refused.ino;
    assert.equal(stage.pass(2000), 'two\nthree\n');
    assert.deepEqual(stage.losses, []);
  }));

type Refused = { open: number; list: number };

/** The real file system, which refuses so many calls of each of these verbs that concern a path that ends so. */
function refusingSome(refused: Refused, ending: string): Files {
  const ask = (verb: 'open' | 'list', path: string): void => {
    if (!path.endsWith(ending) || refused[verb] === 0) return;
    refused[verb] -= 1;
    throw Object.assign(new Error('EIO: refused'), { code: 'EIO' });
  };
  return {
    ...realFiles,
    open(path) {
      ask('open', path);
      return realFiles.open(path);
    },
    list(directory) {
      ask('list', directory);
      return realFiles.list(directory);
    },
  };
}

for (const verb of ['open', 'list'] as const) {
  test(`a rotated file that is not to be had for a moment is read when it is: ${verb}`, () => {
    const refused = { open: 0, list: 0 };
    const files = refusingSome(refused, verb === 'open' ? '.1' : '');
    return scene({ files, before: { 'app.log': 'one\n' } }, (stage) => {
      stage.reader.read();
      stage.rename('app.log.2');
      stage.write('two\n');
      stage.rename('app.log.1');
      stage.write('three\n');
      // Who looks for new files lists the folder before it is said who is who.
      refused[verb] = verb === 'open' ? 1 : 2;
      assert.equal(stage.pass(2000), 'two\nthree\n');
      assert.equal(refused[verb], 0);
      assert.deepEqual(stage.losses, []);
    });
  });
}

test('a look that did not see all forgets nothing for the next one: what an empty file got and lost to a copy goes first', () => {
  const refused = { open: 0, list: 0 };
  return scene({ files: refusingSome(refused, '.1'), before: { 'app.log': '' } }, (stage) => {
    stage.reader.read();
    stage.write('one\n');
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.truncateSync(stage.live, 0);
    stage.write('two\n');
    refused.open = 1;
    assert.equal(stage.pass(2000), 'one\ntwo\n');
    assert.equal(refused.open, 0);
  });
});

test('where no more files may be opened, those at rest make room: all are read, and nothing is called unreadable or lost', () => {
  const FEW = 6;
  const open = new Set<number>();
  const ask = (): void => {
    if (open.size >= FEW) throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' });
  };
  const names = Array.from({ length: 10 }, (_, at) => `f${at}.log`);
  const linesOf = (text: string): string[] => text.split('\n').filter(Boolean).sort();
  return scene(
    {
      files: counted(open, ask),
      start: false,
      before: Object.fromEntries(names.map((name) => [name, `old ${name}\n`])),
    },
    (stage) => {
      stage.start({ paths: [`${stage.folder}/*.log`] });
      assert.deepEqual(
        linesOf(stage.pass(5000)),
        names.map((name) => `old ${name}`),
      );
      for (const name of names) {
        stage.write(`late ${name}\n`, name);
        stage.rename(`${name}.1`, name);
        stage.write(`new ${name}\n`, name);
      }
      assert.deepEqual(linesOf(stage.pass(30_000)), names.flatMap((name) => [`late ${name}`, `new ${name}`]).sort());
      assert.deepEqual(stage.losses, []);
      assert.doesNotMatch(stage.sentences.join('\n'), /cannot be read|never read/);
    },
  );
});
