import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { createEvents, EventsProblem, openEvents } from '../../agent/receive/events.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { GEN, journal, PLANTED, records, until } from './records.ts';

const ROOT = path.join(import.meta.dirname, '../..');
/** The query that the manual gives for SQLite. */
const SUM = /```sql\n([^`]*instr[^`]*)```/.exec(fs.readFileSync(path.join(ROOT, 'docs/reliability.md'), 'utf8'))![1]!;

/** A new database with its output, and a second connection that sees what is committed. */
function events(t: TestContext) {
  const file = path.join(temporaryFolder(t), 'got.db');
  const db = openEvents(file);
  const look = new Database(file, { readonly: true });
  t.after(() => {
    look.close();
    db.close();
  });
  const failed: string[] = [];
  const made = createEvents({ db, clock: createTurnedClock(), failed: (problem) => void failed.push(problem.message) });
  return {
    ...made,
    ...{ db, file, failed },
    message(text: string): void {
      const bytes = Buffer.from(`xx${text}yy`);
      made.add(bytes, 2, bytes.length - 2);
    },
    count: () => look.prepare('SELECT count(*) FROM SystemEvents').pluck().get() as number,
    messages: () => look.prepare('SELECT Message FROM SystemEvents ORDER BY ID').pluck().all(),
    gaps: () => look.prepare(SUM).raw().all(),
  };
}

test('the table has the columns that ommysql has, in their order, and StructuredData behind them', (t) => {
  const { db } = events(t);
  const columns = db.prepare("SELECT name || ' ' || lower(type) FROM pragma_table_info('SystemEvents')").pluck().all();
  const texts =
    'ID integer, CustomerID bigint, ReceivedAt datetime, DeviceReportedTime datetime, Facility smallint, Priority smallint, FromHost varchar(60), Message text, NTSeverity int, Importance int, EventSource varchar(60), EventUser varchar(60), EventCategory int, EventID int, EventBinaryData text, MaxAvailable int, CurrUsage int, MinUsage int, MaxUsage int, InfoUnitID int, SysLogTag varchar(60), EventLogType varchar(60), GenericFileName varchar(60), SystemID int, StructuredData text';
  assert.deepEqual(columns, texts.split(', '));
});

test('rows of one turn are committed together, a flood of them before the turn ends', async (t) => {
  const { message, count, messages } = events(t);
  for (let i = 0; i < 499; i += 1) message(`<14>${i}`);
  assert.equal(count(), 0);
  message('<14>499');
  assert.equal(count(), 500);
  message('<14>500');
  await until(() => count() === 501);
  assert.deepEqual(
    messages(),
    Array.from({ length: 501 }, (_, i) => String(i)),
  );
});

test('written means committed', async (t) => {
  const { message, written, count } = events(t);
  message('<14>a');
  assert.equal(count(), 0);
  const good = written();
  assert.equal(count(), 1);
  assert.equal(await good, true);
});

test('the file is readable by its owner alone, and one that is there is appended to and keeps its rights', (t) => {
  const file = path.join(temporaryFolder(t), 'got.db');
  const rights = (name: string) => fs.statSync(name).mode & 0o777;
  const append = (text: string) => {
    const db = openEvents(file);
    const output = createEvents({ db, clock: createTurnedClock(), failed: assert.fail });
    output.add(Buffer.from(text), 0, text.length);
    void output.written();
    assert.equal(rights(`${file}-wal`), rights(file));
    db.close();
  };
  append('<14>a');
  assert.equal(rights(file), 0o600);
  fs.chmodSync(file, 0o640);
  append('<14>b');
  assert.equal(rights(file), 0o640);
  const look = new Database(file, { readonly: true });
  assert.deepEqual(look.prepare('SELECT ID, Message FROM SystemEvents').raw().all(), [
    [1, 'a'],
    [2, 'b'],
  ]);
  look.close();
});

test('what cannot take messages is refused in a sentence and stays as it was', (t) => {
  const place = temporaryFolder(t);
  const database = (name: string, schema: string) => {
    const db = new Database(path.join(place, name));
    db.exec(schema);
    db.close();
  };
  database('other.db', 'CREATE TABLE mine (a)');
  database('short.db', 'CREATE TABLE SystemEvents (ID integer, Message text)');
  fs.writeFileSync(path.join(place, 'text.log'), 'a line of text\n'.repeat(100));
  const cases = {
    'other.db':
      /^.*other\.db is the database of another program: it has no table SystemEvents\. .*Name another file\.$/,
    'short.db':
      /short\.db has a table SystemEvents without the column ReceivedAt, .*, StructuredData\. Add it \(ALTER TABLE/,
    'text.log': /^Cannot write to .*text\.log: it is no SQLite database\. Name another file\.$/,
    'no/such.db': /^Cannot write to .*such\.db: ENOENT.*Name a file in a folder that you may write to\.$/,
    '.': /it is a folder\. Name a file in it\.$/,
  };
  const bytes = () => fs.readdirSync(place).map((name) => [name, fs.readFileSync(path.join(place, name), 'latin1')]);
  const before = bytes();
  for (const [name, sentence] of Object.entries(cases)) {
    assert.throws(
      () => openEvents(path.join(place, name)),
      (problem) => problem instanceof EventsProblem && sentence.test(problem.message),
      name,
    );
  }
  assert.deepEqual(bytes(), before);
});

test('a full disk is told once, what was committed stays, and nothing counts as written from then on', async (t) => {
  const { db, message, written, failed, count } = events(t);
  message('<14>a');
  assert.equal(await written(), true);
  db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 5}`);
  message('<14>b');
  message(`<14>${'x'.repeat(100_000)}`);
  message('<14>c');
  assert.equal(await written(), false);
  message('<14>d');
  assert.equal(await written(), false);
  assert.deepEqual(failed, ['the disk is full. Free some space']);
  assert.equal(count(), 1);
});

test('the query of the manual finds nothing where nothing is missing, in any order and with repeats', async (t) => {
  const { message, written, gaps } = events(t);
  for (const text of [...journal().toReversed(), ...journal().slice(3, 9)]) message(text);
  await written();
  assert.deepEqual(gaps(), []);
});

test('the query of the manual finds each record that is missing: the first, a middle and the last one, a part, a generation', async (t) => {
  for (const [lost, expected] of PLANTED) {
    const { message, written, gaps } = events(t);
    for (const [n, text] of journal().entries()) if (!lost.includes(n)) message(text);
    await written();
    assert.deepEqual(gaps(), expected, `without ${lost.join()}`);
  }
});

test('the query of the manual knows what the sender dropped by policy from what is missing', async (t) => {
  const dropped = (gen: string, from: number, bytes: number) =>
    `<44>1 - agent tailship - - [tail@32473 of="${gen}" from="${from}" dropped="${bytes}" why="spool-full"] {"MSG":"x"}`;
  const { message, written, gaps } = events(t);
  const ten = records(GEN[0], 10);
  for (const text of [...ten.slice(0, 3), ...ten.slice(6), dropped(GEN[0], 30, 20), dropped(GEN[1], 0, 50)])
    message(text);
  await written();
  assert.deepEqual(gaps(), [[GEN[0], 50, 60]]);
});
