import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  FACILITIES,
  facilityNumber,
  priorityText,
  readPri,
  SEVERITIES,
  severityNumber,
} from '../../agent/wire/priority.ts';

test('every facility and severity stands at its number and is found by name, synonym and number in any case', () => {
  assert.equal(FACILITIES.length, 24);
  assert.equal(SEVERITIES.length, 8);
  for (const [table, find] of [
    [FACILITIES, facilityNumber],
    [SEVERITIES, severityNumber],
  ] as const) {
    table.forEach((word, index) => {
      assert.equal(word.number, index);
      for (const name of [word.name, ...word.synonyms, String(index)]) {
        assert.equal(find(name), index, name);
        assert.equal(find(name.toUpperCase()), index, name);
      }
    });
  }
});

test('the numbers are those of RFC 5424', () => {
  assert.equal(facilityNumber('security'), 4);
  assert.equal(facilityNumber('local7'), 23);
  assert.equal(facilityNumber('ftp'), 11);
  assert.equal(severityNumber('panic'), 0);
  assert.equal(severityNumber('error'), 3);
  assert.equal(severityNumber('WARN'), 4);
});

test('an unknown word has no number, and neither has one that every object knows', () => {
  for (const word of ['', '24', '-1', '01', 'local8', 'constructor', '__proto__'])
    assert.equal(facilityNumber(word), undefined);
  for (const word of ['', '8', 'verbose', 'toString']) assert.equal(severityNumber(word), undefined);
});

test('a PRI is shown as facility.severity', () => {
  assert.equal(priorityText(14), 'user.info');
  assert.equal(priorityText(0), 'kern.emerg');
  assert.equal(priorityText(191), 'local7.debug');
  assert.equal(priorityText(198), '24.info');
});

test('a PRI is read with the index behind it, and only from 0 to 191', () => {
  assert.deepEqual(readPri('<14>x'), { pri: 14, end: 4 });
  assert.deepEqual(readPri('<191>'), { pri: 191, end: 5 });
  for (const text of ['', '<', '<>', '<192>', '<1234>', '14>', ' <14>', '<-1>', '<1x>'])
    assert.equal(readPri(text), undefined, text);
});
