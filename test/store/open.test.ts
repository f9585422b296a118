import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { openDatabase } from '../../agent/store/database.ts';
import { setAside } from '../../agent/store/place.ts';
import { openStore, StoreProblem } from '../../agent/store/store.ts';
import { isStateFile } from '../../agent/wire/statefiles.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { addFile, batch, configFor, count, live, mark, open, testLog } from './help.ts';

/** The problem that opening `file` gives. */
function problemAt(file: string): StoreProblem {
  try {
    openStore({ config: configFor(file), clock: createTurnedClock(), log: testLog(), command: 'tailship run' }).close();
  } catch (error) {
    assert.ok(error instanceof StoreProblem, `${error}`);
    return error;
  }
  throw new Error('It opened.');
}

const modeOf = (file: string) => (fs.statSync(file).mode & 0o777).toString(8);

/** Runs `work` with the rights of an ordinary user, whoever runs the tests. */
function asOrdinaryUser(work: () => void): void {
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65534);
  try {
    work();
  } finally {
    if (root) process.seteuid?.(0);
  }
}

test('a missing folder is made for its owner alone', (t) => {
  const folder = path.join(temporaryFolder(t), 'state');
  open(t, path.join(folder, 'spool.db'));
  assert.equal(modeOf(folder), '700');
});

test('where the parent of the folder is missing too, the problem names it and the cure', (t) => {
  const folder = path.join(temporaryFolder(t), 'not', 'there');
  const { code, message } = problemAt(path.join(folder, 'spool.db'));
  assert.equal(code, 'ENOENT');
  assert.ok(message.includes(folder) && message.includes('[spool] path'), message);
  assert.equal(fs.existsSync(path.dirname(folder)), false);
});

test('a folder that may not be written is a problem that names path, user and cure', (t) => {
  const folder = temporaryFolder(t);
  fs.chmodSync(folder, 0o555);
  const file = path.join(folder, 'spool.db');
  asOrdinaryUser(() => {
    const { code, message } = problemAt(file);
    assert.equal(code, 'EACCES');
    for (const word of [file, `uid ${process.geteuid?.()}`, `chown `, '[spool] path'])
      assert.ok(message.includes(word), `${word} in: ${message}`);
  });
});

test('a spool file that belongs to somebody else is a problem, and it is not set aside', (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'spool.db');
  open(t, file).store.close();
  fs.chmodSync(folder, 0o755);
  for (const one of fs.readdirSync(folder)) fs.chmodSync(path.join(folder, one), 0o000);
  asOrdinaryUser(() => assert.match(problemAt(file).message, /chown .*\[spool\] path/));
  assert.deepEqual(
    fs.readdirSync(folder).filter((name) => name.includes('broken')),
    [],
  );
});

test('a path that is a folder is a problem that says which file to name', (t) => {
  const folder = temporaryFolder(t);
  assert.ok(problemAt(folder).message.includes(path.join(folder, 'spool.db')));
});

test('every file of the state is readable by its owner alone, whatever the umask is', (t) => {
  const folder = temporaryFolder(t);
  const before = process.umask(0);
  t.after(() => process.umask(before));
  const { store } = open(t, path.join(folder, 'spool.db'));
  addFile(store);
  const names = fs.readdirSync(folder);
  assert.deepEqual(names.toSorted(), [
    'spool.db',
    'spool.db-shm',
    'spool.db-wal',
    'spool.db.holder',
    'spool.db.lock',
    'spool.db.reserve',
  ]);
  for (const name of names) assert.equal(modeOf(path.join(folder, name)), '600', name);
});

test('a spool file that others could read is closed to them at the next start', (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  open(t, file).store.close();
  fs.chmodSync(file, 0o644);
  addFile(open(t, file).store);
  for (const end of ['', '-wal', '-shm']) assert.equal(modeOf(file + end), '600');
});

test('a file that is not SQLite is kept aside, reported, and a new one is begun', (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const rubbish = 'not SQLite'.repeat(1000);
  for (const end of ['', '-wal', '-shm']) fs.writeFileSync(file + end, rubbish);
  const { store, log } = open(t, file);
  assert.equal(fs.readFileSync(`${file}.broken-20261123-120000`, 'utf8'), rubbish);
  assert.equal(log.said.length, 1);
  assert.match(log.said[0]!, /^error .*cannot be used .*spool\.db\.broken-20261123-120000.*as at a first start/);
  assert.deepEqual(store.generations('app'), []);
  addFile(store);
  assert.equal(store.generations('app').length, 1);
});

test('a file is set aside together with its log, so that the new one does not find it', (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'spool.db');
  for (const end of ['', '-wal', '-shm']) fs.writeFileSync(file + end, `content${end}`);
  const kept = setAside(file, Date.UTC(2026, 0, 2, 3, 4, 5));
  assert.equal(kept, `${file}.broken-20260102-030405`);
  for (const end of ['', '-wal', '-shm']) assert.equal(fs.readFileSync(kept + end, 'utf8'), `content${end}`);
  assert.equal(fs.readdirSync(folder).length, 3);
});

test("all that is made beside the state is known by its name for the agent's own", (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'spool.db');
  fs.writeFileSync(file, 'broken'.repeat(1000));
  const { store } = open(t, file);
  store.spool('main', [live(batch({ marks: [mark(addFile(store), 10)], sent: count(1, 10) }))]);
  store.tend();
  const names = fs.readdirSync(folder);
  assert.ok(names.length >= 6, names.join());
  assert.deepEqual(
    names.filter((name) => !isStateFile(file, path.join(folder, name))),
    [],
  );
  for (const other of ['spool.db.log', 'spool.dbx', 'spool', 'spool.db.lock.1'])
    assert.ok(!isStateFile('spool.db', other));
});

test('a second broken file within the same second does not take the name of the first', (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'spool.db');
  for (const text of ['first', 'second']) {
    fs.writeFileSync(file, text.repeat(1000));
    open(t, file).store.close();
  }
  const kept = fs.readdirSync(folder).filter((name) => name.includes('.broken-'));
  const heads = kept.toSorted().map((name) => fs.readFileSync(path.join(folder, name), 'utf8').slice(0, 6));
  assert.deepEqual(heads, ['firstf', 'second']);
});

/** Fills pages `from` to `to` of a closed database with rubbish. */
function damage(file: string, from: number, to: number): void {
  const handle = fs.openSync(file, 'r+');
  fs.writeSync(handle, Buffer.alloc((to - from) * 8192, 0xa5), 0, (to - from) * 8192, from * 8192);
  fs.closeSync(handle);
}

test('a database with damaged tables is set aside as well', (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const before = open(t, file).store;
  addFile(before);
  before.close();
  damage(file, 1, fs.statSync(file).size / 8192);
  const { store, log } = open(t, file);
  assert.match(log.said.join(), /cannot be used .*malformed.*Positions were taken from their second copy/);
  assert.equal(store.generations('app').length, 1);
});

/** A closed state whose only row has a damaged page that no table's own pages show. */
function withDamagedRow(t: Parameters<typeof open>[0]): string {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const { store } = open(t, file);
  const app = addFile(store);
  store.spool('main', [live(batch({ marks: [mark(app, 9)], sent: count(1, 9), payload: 500_000 }))]);
  store.close();
  const pages = fs.statSync(file).size / 8192;
  damage(file, pages - 30, pages - 20);
  return file;
}

test('a whole check on request finds damage that opening does not meet', (t) => {
  const file = withDamagedRow(t);
  const plain = open(t, file);
  assert.deepEqual(plain.log.said, []);
  plain.store.close();
  const { store, log } = open(t, file, {}, { check: true });
  assert.match(log.said.join(), /cannot be used/);
  assert.equal(store.spooled('main').rows, 0);
});

test('damage met while running is a StoreProblem, and the next start checks the file and sets it aside', (t) => {
  const file = withDamagedRow(t);
  const { store } = open(t, file);
  const row = { batch: batch({}), row: store.newestRow('main'), again: false };
  assert.throws(
    () => store.settle('main', [row]),
    (error) =>
      error instanceof StoreProblem && error.code.startsWith('SQLITE_CORRUPT') && /sets it aside/.test(error.message),
  );
  assert.equal(store.spooled('main').rows, 1);
  store.close();
  const { log } = open(t, file);
  assert.match(log.said.join(), /cannot be used/);
});

test('a file written by a newer tailship is refused with the cure and left as it is', (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  open(t, file).store.close();
  const db = new Database(file);
  db.pragma('user_version = 99');
  db.close();
  const before = fs.readFileSync(file);
  const { code, message } = problemAt(file);
  assert.equal(code, 'newer');
  assert.match(message, /written by a newer tailship.*version 99.*knows 6\..*Install the newer/);
  assert.deepEqual(fs.readFileSync(file), before);
  assert.equal(
    fs.readdirSync(path.dirname(file)).some((name) => name.includes('broken')),
    false,
  );
});

test("another program's database is refused and left as it is", (t) => {
  const file = path.join(temporaryFolder(t), 'other.db');
  const db = new Database(file);
  db.exec('CREATE TABLE theirs (x)');
  db.close();
  const before = fs.readFileSync(file);
  assert.equal(problemAt(file).code, 'foreign');
  assert.deepEqual(fs.readFileSync(file), before);
});

test('by default the spool takes a GiB, or a tenth of what is free or its own if that is less', (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  const asked: string[] = [];
  const limitWith = (free: number) => {
    const freeBytes = (folder: string) => {
      asked.push(folder);
      return free;
    };
    const { store } = open(t, file, { maxSize: undefined }, { freeBytes });
    const { limit } = store.space();
    store.close();
    return limit;
  };
  assert.equal(limitWith(2 ** 40), 2 ** 30);
  assert.deepEqual(asked, [path.dirname(file)]);
  assert.equal(limitWith(10_000_000), Math.floor((10_000_000 + fs.statSync(file).size) / 10));
});

test('sync = normal and full reach SQLite as they are', (t) => {
  const folder = temporaryFolder(t);
  const told = (['normal', 'full'] as const).map((sync) => {
    const db = openDatabase(path.join(folder, `${sync}.db`), { sync, walLimit: 2 ** 20, check: false });
    t.after(() => db.close());
    return db.pragma('synchronous', { simple: true });
  });
  assert.deepEqual(told, [1, 2]);
});
