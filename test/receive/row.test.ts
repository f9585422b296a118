import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowOf } from '../../agent/receive/row.ts';
import { GEN, record } from './records.ts';

const NOW = Date.parse('2026-11-25T12:00:00.900Z');
const RECEIVED = '2026-11-25 12:00:00';
const identity = { gen: GEN[0], at: 0, len: 5 };

test('a record in RFC 5424 fills the columns as ommysql does, with its time in UTC and its element as it stands', () => {
  assert.deepEqual(rowOf(record(identity, 'ü [x] "y"'), NOW), [
    ...[RECEIVED, '2026-07-15 09:30:35', 1, 6, 'web1', '{"MSG":"ü [x] \\"y\\""}', 1, 'app[12]'],
    `[tail@32473 f="${GEN[0]}" at="0" len="5"]`,
  ]);
});

test('structured data is kept with its escapes and all of its elements, and MSG without the byte order mark', () => {
  const data = '[a b="x\\]\\"y  z"][c@1 d=""]';
  const row = rowOf(`<190>1 2026-07-15T11:30:35Z h a - - ${data} \uFEFFtext`, NOW);
  assert.deepEqual(row.slice(2), [23, 6, 'h', 'text', 1, 'a', data]);
});

test('a message without structured data, or without MSG, has a dash and an empty text', () => {
  assert.deepEqual(rowOf('<14>1 - - - - - -', NOW), [RECEIVED, RECEIVED, 1, 6, '-', '', 1, '-', '-']);
});

test('a message in RFC 3164 keeps its tag with the colon, and its time is that of this clock in the nearest year', () => {
  const [, reported, ...rest] = rowOf('<3>Dec  1 01:02:03 web1 app[12]: hello', NOW);
  assert.equal(reported, new Date(2026, 11, 1, 1, 2, 3).toISOString().slice(0, 19).replace('T', ' '));
  assert.deepEqual(rest, [0, 3, 'web1', 'hello', 1, 'app[12]:', '-']);
  const newYear = Date.parse('2027-01-02T00:00:00Z');
  assert.match(rowOf('<3>Dec 31 12:00:00 h app: x', newYear)[1], /^2026-12-31/);
  assert.match(rowOf('<3>Jan  2 12:00:00 h app: x', Date.parse('2026-12-31T00:00:00Z'))[1], /^2027-01-02/);
  assert.match(rowOf('<3>Feb 29 12:00:00 h app: x', Date.parse('2028-03-01T00:00:00Z'))[1], /^2028-02-29/);
});

test('what cannot be read is kept whole, with the time of receipt and as user.notice', () => {
  for (const text of ['plain text', '', '<999>1 x']) {
    assert.deepEqual(rowOf(text, NOW), [RECEIVED, RECEIVED, 1, 5, null, text, 1, '', '-']);
  }
  for (const time of ['2026-13-45T99:00:00Z', 'yesterday', '1']) {
    assert.equal(rowOf(`<14>1 ${time} h a - - - x`, NOW)[1], RECEIVED);
  }
  assert.equal(rowOf('<14>Feb 30 12:00:00 h app: x', NOW)[1], RECEIVED);
  assert.deepEqual(rowOf('<14>{"a":1}', NOW).slice(2), [1, 6, null, '{"a":1}', 1, '', '-']);
});
