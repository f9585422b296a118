import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainOf, compareAge, placeIn } from '../../agent/tail/names.ts';

const GENERATIONS: readonly [name: string, live: string][] = [
  ['app.log-20261122', 'app.log'],
  ['app.log-20261122.gz', 'app.log'],
  ['app.log-20261122-1030', 'app.log'],
  ['app.log-2026112210', 'app.log'],
  ['app.log-2026-11-22-1793500000', 'app.log'],
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
  ["log4j's RollingFileAppender", ['app.log.3', 'app.log.2', 'app.log.1']],
  ["log4j's DailyRollingFileAppender", ['app.log.2026-11-21-23', 'app.log.2026-11-22-00', 'app.log.2026-11-22-13']],
  [
    "log4j's %d{MM-dd-yyyy}-%i",
    ['app-12-31-2025-2.log.gz', 'app-11-22-2026-1.log.gz', 'app-11-22-2026-2.log.gz', 'app-11-22-2026-10.log'],
  ],
];
for (const [by, oldestFirst] of ORDERS) {
  test(`${by}: the names tell the order, whatever the times of change say`, () => {
    const all = oldestFirst.map((name, index) => ({ name, place: placeIn('app.log', name), modified: -index }));
    assert.ok(all.every((one) => one.place));
    assert.deepEqual(
      [...all]
        .reverse()
        .sort(compareAge)
        .map((one) => one.name),
      oldestFirst,
    );
  });
}

test('names order generations by date, or by number with the lowest as the newest, then by time', () => {
  const age = (name: string, modified = 0) => ({ place: placeIn('app.log', name), modified });
  const sorted = (...names: string[]) =>
    names
      .map((name, index) => ({ name, ...age(name, -index) }))
      .sort(compareAge)
      .map((one) => one.name);
  assert.deepEqual(sorted('app.log.2', 'app.log.10.gz', 'app.log.1'), ['app.log.10.gz', 'app.log.2', 'app.log.1']);
  assert.deepEqual(
    sorted('app.log-20261122', 'app.log-20251231', 'app.log-20261122-2', 'app.log-20261122-10'),
    ['app.log-20251231', 'app.log-20261122-2', 'app.log-20261122-10', 'app.log-20261122'].sort((a, b) =>
      a === 'app.log-20261122' ? 1 : b === 'app.log-20261122' ? -1 : 0,
    ),
  );
  assert.ok(compareAge(age('app.log.1', 5), age('app.log-20261122', 9)) < 0);
});
