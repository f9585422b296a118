import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainOf, placeIn, sortByAge } from '../../agent/tail/names.ts';

const GENERATIONS: readonly [name: string, live: string][] = [
  ['app.log-20261122', 'app.log'],
  ['app.log-20261122.gz', 'app.log'],
  ['app.log-20261122-1030', 'app.log'],
  ['app.log-2026112210', 'app.log'],
  ['app.log-2026-11-22-1793500000', 'app.log'],
  ['app.log-1793500000', 'app.log'],
  ['app.log-1999999999.gz', 'app.log'],
  ['app-1793500000.log', 'app.log'],
  ['app.log.2026-11-22', 'app.log'],
  ['app.log.2026-11-22_13-45-00', 'app.log'],
  ['app.log.2026-11-22.1', 'app.log'],
  ['app.log.1', 'app.log'],
  ['app-11-22-2026-1.log.gz', 'app.log'],
  ['app-22-11-2026.log', 'app.log'],
  ['app.log.2026-11-22-13', 'app.log'],
  ['app.log.12.gz', 'app.log'],
  ['app-20261122.log', 'app.log'],
  ['app-2026-11-22-1.log.gz', 'app.log'],
  ['app.1.log', 'app.log'],
  ['app.log.3.zst', 'app.log'],
  ['messages-20261122', 'messages'],
  ['messages.1', 'messages'],
  ['app__2026-11-22_00-00-00.log', 'app.log'],
  ['app_-20261122', 'app_'],
];
for (const [name, live] of GENERATIONS) {
  test(`${name} is a generation of ${live}`, () => assert.ok(placeIn(live, name)));
}

for (const name of ['app.log', 'app.log.bak', 'app.log~', 'node24.log', 'app-99999999.log', 'app.log.gz']) {
  test(`${name} is a generation of nothing`, () => assert.deepEqual(chainOf(name), []));
}

const ORDERS: readonly [by: string, oldestFirst: readonly string[]][] = [
  ["Python's RotatingFileHandler", ['app.log.10', 'app.log.2', 'app.log.1']],
  ["Python's TimedRotatingFileHandler by day", ['app.log.2025-12-31', 'app.log.2026-11-21', 'app.log.2026-11-22']],
  [
    "Python's TimedRotatingFileHandler by the second",
    ['app.log.2026-11-22_09-59-59', 'app.log.2026-11-22_10-00-00', 'app.log.2026-11-23_00-00-00'],
  ],
  ["logrotate's dateformat -%s", ['app.log-1699999999.gz', 'app.log-1700000000.gz', 'app.log-1793500000']],
  ["log4j's RollingFileAppender", ['app.log.3', 'app.log.2', 'app.log.1']],
  ["log4j's DailyRollingFileAppender", ['app.log.2026-11-21-23', 'app.log.2026-11-22-00', 'app.log.2026-11-22-13']],
  [
    "log4j's %d{MM-dd-yyyy}-%i",
    ['app-12-31-2025-2.log.gz', 'app-11-22-2026-1.log.gz', 'app-11-22-2026-2.log.gz', 'app-11-22-2026-10.log'],
  ],
];
for (const [by, oldestFirst] of ORDERS) {
  test(`${by}: the names tell the order, whatever the times of change say`, () => {
    const all = oldestFirst.map((name, index) => ({
      name,
      place: placeIn('app.log', name),
      modified: -index,
      birth: 0,
    }));
    assert.ok(all.every((one) => one.place));
    assert.deepEqual(
      sortByAge([...all].reverse()).map((one) => one.name),
      oldestFirst,
    );
  });
}

test('names order generations by date, or by number with the lowest as the newest, then by time', () => {
  const age = (name: string, modified: number) => ({ name, place: placeIn('app.log', name), modified, birth: 0 });
  const namesOf = (files: Parameters<typeof sortByAge<ReturnType<typeof age>>>[0]) =>
    sortByAge(files).map((one) => one.name);
  const sorted = (...names: string[]) => namesOf(names.map((name, index) => age(name, -index)));
  assert.deepEqual(sorted('app.log.2', 'app.log.10.gz', 'app.log.1'), ['app.log.10.gz', 'app.log.2', 'app.log.1']);
  assert.deepEqual(
    sorted('app.log-20261122', 'app.log-20251231', 'app.log-20261122-2', 'app.log-20261122-10'),
    ['app.log-20251231', 'app.log-20261122-2', 'app.log-20261122-10', 'app.log-20261122'].sort((a, b) =>
      a === 'app.log-20261122' ? 1 : b === 'app.log-20261122' ? -1 : 0,
    ),
  );
  const mixed = ['app.log.1', 'app.log-20261122'];
  assert.deepEqual(namesOf([age(mixed[1]!, 9), age(mixed[0]!, 5)]), mixed);
});

test('a higher number is newer where births and changes say so without exception, as with log4j2 and fileIndex = max', () => {
  const sorted = (births: readonly number[], changes: readonly number[], ends: readonly string[] = []) =>
    sortByAge(
      births.map((birth, i) => {
        const place = placeIn('app.log', `app.${i + 1}.log${ends[i] ?? ''}`);
        return { name: i + 1, place, birth, modified: changes[i]! };
      }),
    ).map((one) => one.name);
  assert.deepEqual(sorted([1, 2, 3], [4, 5, 6]), [1, 2, 3]);
  assert.deepEqual(sorted([3, 2, 1], [6, 5, 4]), [3, 2, 1]);
  // A late writer of the oldest; a file system without births; one that was touched.
  assert.deepEqual(sorted([2, 1], [5, 6]), [2, 1]);
  assert.deepEqual(sorted([0, 0], [5, 6]), [2, 1]);
  assert.deepEqual(sorted([1, 2, 3], [4, 5, 5]), [3, 2, 1]);
  // Packed in the background, youngest last; an archive is younger than its content, which a late writer made younger too.
  assert.deepEqual(sorted([1, 2, 3], [4, 5, 6], ['.gz', '.gz']), [1, 2, 3]);
  assert.deepEqual(sorted([1, 2], [4, 5], ['', '.gz']), [2, 1]);
});
