import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { verdict } from '../../agent/receive/verdict.ts';
import type { VerifyReport } from '../../agent/receive/verify.ts';
import { GEN, record, records, verify } from './records.ts';

/** Three generations of ten records each, the second and third saying what they follow. */
function chain(): string[] {
  return [
    ...records(GEN[0], 10),
    ...records(GEN[1], 10, { after: { gen: GEN[0], end: 100 } }),
    ...records(GEN[2], 10, { after: { gen: GEN[1], end: 100 } }),
  ];
}

const gapsOf = (report: VerifyReport) =>
  report.generations.flatMap(({ gen, gaps }) => gaps.map((gap) => ({ gen, ...gap })));

test('a chain of generations without a gap is complete, and the words say so', () => {
  const report = verify(chain());
  assert.equal(report.complete, true);
  assert.deepEqual(verdict(report), [
    `web1 ${GEN[0]} bytes 0..100 complete (10 records)`,
    `web1 ${GEN[1]} bytes 0..100 complete (10 records)`,
    `web1 ${GEN[2]} bytes 0..100 complete (10 records)`,
    'Complete: 30 records, 0 repeats, nothing is missing.',
  ]);
});

test('a record missing in the middle is found', () => {
  const report = verify(chain().toSpliced(13, 1));
  assert.equal(report.complete, false);
  assert.deepEqual(gapsOf(report), [{ gen: GEN[1], from: 30, to: 40, where: 'middle' }]);
  assert.deepEqual(verdict(report).slice(1, 3), [
    `web1 ${GEN[1]} bytes 0..100 INCOMPLETE (9 records)`,
    '  bytes 30..40 missing',
  ]);
  assert.equal(verdict(report).at(-1), 'Incomplete: 29 records, 0 repeats, 1 gap, 10 bytes missing.');
});

test('the last record of a generation that has a successor is found missing', () => {
  const report = verify(chain().toSpliced(19, 1));
  assert.deepEqual(gapsOf(report), [{ gen: GEN[1], from: 90, to: 100, where: 'tail' }]);
  assert.equal(
    verdict(report)[2],
    `  bytes 90..100 missing at its end, for ${GEN[2]} says that it was read up to there`,
  );
});

test('a whole generation missing is found', () => {
  const report = verify(chain().toSpliced(10, 10));
  assert.deepEqual(gapsOf(report), [{ gen: GEN[1], from: 0, to: 100, where: 'whole' }]);
  assert.equal(
    verdict(report)[1],
    `web1 ${GEN[1]} is missing: bytes 0..100, for ${GEN[2]} says that it follows it and that it was read up to there`,
  );
});

test('the first record of a generation missing is found', () => {
  const report = verify(chain().toSpliced(20, 1));
  assert.deepEqual(gapsOf(report), [{ gen: GEN[2], from: 0, to: 10, where: 'head' }]);
});

test('a receiver that joined late may leave out what came before, and nothing else', () => {
  const late = chain().slice(15);
  assert.deepEqual(
    gapsOf(verify(late)).map(({ where }) => where),
    ['head'],
  );
  assert.equal(verify(late, true).complete, true);
  assert.equal(
    verdict(verify(late, true))[0],
    `web1 ${GEN[1]} bytes 50..100 complete (5 records, what came before byte 50 was not asked for)`,
  );
  assert.equal(verify(chain().slice(10), true).complete, true);
  assert.equal(verify(late.toSpliced(2, 1), true).complete, false);
  assert.equal(verify(late.toSpliced(4, 1), true).complete, false);
});

test('a record that came twice is a repeat and no harm', () => {
  const all = chain();
  const report = verify([...all.slice(0, 18), ...all.slice(12)]);
  assert.equal(report.complete, true);
  assert.equal(report.repeats, 6);
  assert.equal(report.disorder, 0);
  assert.equal(verdict(report)[1], `web1 ${GEN[1]} bytes 0..100 complete (16 records, 6 repeats)`);
});

test('records out of order are complete, and the disorder is told', () => {
  const all = chain();
  const report = verify([...all.slice(0, 4), all[5]!, all[4]!, ...all.slice(6)]);
  assert.equal(report.complete, true);
  assert.equal(report.repeats, 0);
  assert.equal(report.disorder, 1);
  assert.match(verdict(report)[0]!, /complete \(10 records, 1 out of order\)/);
});

test('a record that overlaps what came is told from a plain repeat', () => {
  const report = verify([record({ gen: GEN[0], at: 0, len: 10 }), record({ gen: GEN[0], at: 0, len: 25 })]);
  assert.equal(report.complete, true);
  assert.equal(report.generations[0]?.overlaps, 1);
  assert.match(verdict(report)[0]!, /bytes 0\.\.25 complete \(2 records, 1 repeat, 1 of them in part\)/);
});

test('bytes passed over on purpose are no gap where the next record says so', () => {
  const parts = [record({ gen: GEN[0], at: 5, len: 10, skip: 5 }), record({ gen: GEN[0], at: 22, len: 8, skip: 7 })];
  assert.equal(verify(parts).complete, true);
  assert.deepEqual(gapsOf(verify([parts[1]!])), [{ gen: GEN[0], from: 0, to: 15, where: 'head' }]);
});

test('bytes passed over at the end of a generation are no gap where the successor says so', () => {
  const first = records(GEN[0], 3);
  const follow = (prevskip: number) =>
    record({ gen: GEN[1], at: 0, len: 10, after: { gen: GEN[0], end: 37 }, prevskip });
  assert.equal(verify([...first, follow(7)]).complete, true);
  assert.deepEqual(gapsOf(verify([...first, follow(4)])), [{ gen: GEN[0], from: 30, to: 33, where: 'tail' }]);
});

test('a generation whose every byte was passed over sends nothing and is not missing', () => {
  const only = record({ gen: GEN[1], at: 0, len: 10, after: { gen: GEN[0], end: 12 }, prevskip: 12 });
  assert.equal(verify([only]).complete, true);
});

test('what a late writer added to a generation behind its successor counts', () => {
  const late = record({ gen: GEN[0], at: 102, len: 8, skip: 2 });
  const all = chain();
  assert.equal(verify([...all, late]).complete, true);
  const lost = all.toSpliced(9, 1);
  assert.deepEqual(gapsOf(verify([...lost, late])), [{ gen: GEN[0], from: 90, to: 100, where: 'middle' }]);
});

test('of two firsts of a generation the one that demands more counts', () => {
  const first = (end: number) => record({ gen: GEN[1], at: 0, len: 10, after: { gen: GEN[0], end } });
  for (const order of [
    [first(30), first(50)],
    [first(50), first(30)],
  ]) {
    assert.deepEqual(gapsOf(verify([...records(GEN[0], 3), ...order])), [
      { gen: GEN[0], from: 30, to: 50, where: 'tail' },
    ]);
  }
});

test('one generation may carry lines of several hosts', () => {
  const report = verify([
    record({ gen: GEN[0], at: 0, len: 10 }, 'a', 'web1'),
    record({ gen: GEN[0], at: 10, len: 10 }, 'b', 'web2'),
  ]);
  assert.equal(report.complete, true);
  assert.equal(report.generations.length, 1);
});

test('messages without an identity are counted, and alone they prove nothing', () => {
  const report = verify([
    '<14>Jul 15 11:30:35 web1 app: text',
    '<14>1 - - - - - - text',
    record({ gen: GEN[0], at: 3, len: 0 }),
  ]);
  assert.equal(report.complete, false);
  assert.equal(report.unidentified, 3);
  assert.deepEqual(verdict(report), [
    '3 messages had no identity element and cannot be verified; tailship writes it with format = rfc5424.',
    'Not verified: no record with an identity element came.',
  ]);
});

test('a skip that begins before the file is believed by nobody', () => {
  const report = verify([record({ gen: GEN[0], at: 3, len: 5, skip: 9 })]);
  assert.equal(report.unidentified, 1);
  assert.equal(report.records, 0);
});

test('many gaps are named up to a number, the report has them all', () => {
  const report = verify(Array.from({ length: 50 }, (_, i) => record({ gen: GEN[0], at: i * 20, len: 10 })));
  assert.equal(report.gaps, 49);
  assert.equal(report.missingBytes, 490);
  const lines = verdict(report);
  assert.equal(lines[21], '  and 29 more gaps');
  assert.equal(JSON.parse(JSON.stringify(report)).generations[0].gaps.length, 49);
});

test('any set of lost records is found to the byte, whatever came twice and in whatever order', () => {
  const all = chain();
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(28), { maxLength: 12 }),
      fc.array(fc.nat(29)),
      fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
      (lost, again, keys) => {
        // What is lost for good; the very last record of all has no successor that could tell.
        const came = [...all.keys(), ...again].filter((index) => !lost.includes(index));
        const shuffled = came.map((index, i) => [keys[i % 60]! + i / 1000, index] as const).sort(([a], [b]) => a - b);
        const report = verify(shuffled.map(([, index]) => all[index]!));
        // Where a generation's first record is lost, nobody says how far the one before was read.
        const untold = (index: number) => {
          const next = index - (index % 10) + 10;
          const rest = Array.from({ length: next - index }, (_, i) => index + i);
          return next < 30 && lost.includes(next) && rest.every((one) => lost.includes(one));
        };
        assert.equal(report.missingBytes, lost.filter((index) => !untold(index)).length * 10);
        assert.equal(report.complete, report.missingBytes === 0);
        assert.equal(report.repeats, came.length - new Set(came).size);
      },
    ),
    { numRuns: 500 },
  );
});

const notice = (sd: string) => `<46>1 2026-07-15T11:30:35Z agent tailship - - [x@1 ${sd}] {"MSG":"-- MARK --"}`;

test('a mark proves the quiet end of a file, and finds its last records missing', () => {
  const mark = notice(`mark="${GEN[0]}:100"`);
  assert.equal(verify([...records(GEN[0], 10), mark]).complete, true);
  const report = verify([...records(GEN[0], 9), mark]);
  assert.deepEqual(gapsOf(report), [{ gen: GEN[0], from: 90, to: 100, where: 'tail' }]);
  assert.equal(verdict(report)[1], '  bytes 90..100 missing at its end, for a mark says that it was read up to there');
});

test('bytes passed over on purpose just before a mark are not missing, and an older mark demands less', () => {
  const ten = records(GEN[0], 10);
  assert.equal(verify([...ten, notice(`mark="${GEN[0]}:107:7"`), notice(`mark="${GEN[0]}:50"`)]).complete, true);
});

test('a generation of which nothing came but a mark is missing whole, unless nothing of it was to come', () => {
  const report = verify([
    ...records(GEN[0], 1),
    notice(`mark="${GEN[0]}:10" mark="${GEN[1]}:30" mark="${GEN[2]}:5:5"`),
  ]);
  assert.deepEqual(gapsOf(report), [{ gen: GEN[1], from: 0, to: 30, where: 'whole' }]);
  assert.equal(
    verdict(report)[1],
    `agent ${GEN[1]} is missing: bytes 0..30, for a mark says that it was read up to there`,
  );
  assert.equal(verify([notice(`mark="${GEN[1]}:30"`), ...records(GEN[0], 1)], true).complete, true);
});

test('what the sender says is lost is told apart from gaps, once, and is not complete', () => {
  const lost = notice(`of="${GEN[0]}" from="100" lost="20" why="truncated"`);
  const report = verify([...records(GEN[0], 10), lost, lost]);
  assert.deepEqual([report.complete, report.gaps, report.losses.length], [false, 0, 1]);
  assert.deepEqual(verdict(report).slice(1), [
    `The sender says that bytes 100..120 of ${GEN[0]} are lost before they were sent: truncated`,
    'Incomplete: 10 records, 0 repeats, 0 gaps, 0 bytes missing, and 20 bytes that the sender could not read.',
  ]);
});

test('what the sender says it dropped by policy is no gap, and what it does not explain still is one', () => {
  const drop = (gen: string, from: number, bytes: number, why = 'spool-full') =>
    notice(`of="${gen}" from="${from}" dropped="${bytes}" why="${why}"`);
  const some = records(GEN[0], 10).filter((_, i) => i < 2 || i > 6);
  const report = verify([...some, drop(GEN[0], 30, 30), drop(GEN[0], 30, 30), drop(GEN[0], 90, 50, 'by-hand')]);
  assert.deepEqual(gapsOf(report), [
    { gen: GEN[0], from: 20, to: 30, where: 'middle' },
    { gen: GEN[0], from: 60, to: 70, where: 'middle' },
  ]);
  assert.deepEqual([report.complete, report.missingBytes, report.droppedBytes], [false, 20, 70]);
  assert.deepEqual(verdict(report), [
    `web1 ${GEN[0]} bytes 0..100 INCOMPLETE (5 records)`,
    '  bytes 20..30 missing',
    '  bytes 60..70 missing',
    '  bytes 30..60 dropped by policy: spool-full',
    '  bytes 100..140 dropped by policy: by-hand',
    'Incomplete: 5 records, 0 repeats, 2 gaps, 20 bytes missing, 70 bytes dropped by policy.',
  ]);
});

test('a generation that was dropped whole is told of, and one of which all that is missing was dropped is said to be', () => {
  const notices = [notice(`of="${GEN[1]}" from="0" dropped="60" why="spool-age"`)];
  const some = records(GEN[2], 10, { after: { gen: GEN[1], end: 60 } }).slice(0, 5);
  const report = verify([...some, ...notices, notice(`of="${GEN[2]}" from="50" dropped="50" why="spool-age"`)]);
  assert.deepEqual([report.complete, report.gaps, report.droppedBytes], [false, 0, 110]);
  assert.deepEqual(verdict(report), [
    `web1 ${GEN[1]}: nothing of it came`,
    '  bytes 0..60 dropped by policy: spool-age',
    `web1 ${GEN[2]} bytes 0..50 complete but for what was dropped (5 records)`,
    '  bytes 50..100 dropped by policy: spool-age',
    'Incomplete: 5 records, 0 repeats, 0 gaps, 0 bytes missing, 110 bytes dropped by policy.',
  ]);
});
