import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decode, isCutOff } from '../../agent/receive/decode.ts';
import { GEN, record } from './records.ts';

test('a record of tailship is shown with all its fields', () => {
  assert.deepEqual(decode(record({ gen: GEN[0], at: 0, len: 12 }, 'x')), {
    pri: 14,
    facility: 'user',
    severity: 'info',
    timestamp: '2026-07-15T11:30:35.000+02:00',
    hostname: 'web1',
    appName: 'app',
    procid: '12',
    sd: { 'tail@32473': { f: GEN[0], at: '0', len: '12' } },
    msg: '{"MSG":"x"}',
    fields: { MSG: 'x' },
  });
});

test('the older form, and text of no form, are shown as far as they go', () => {
  assert.deepEqual(decode('<34>Oct 11 22:14:15 web1 su: hello'), {
    pri: 34,
    facility: 'auth',
    severity: 'crit',
    timestamp: 'Oct 11 22:14:15',
    hostname: 'web1',
    appName: 'su',
    msg: 'hello',
  });
  assert.deepEqual(decode('hello'), { msg: 'hello' });
  assert.deepEqual(decode('-'), { msg: '-' });
  assert.deepEqual(decode('<14>{"MSG": "x"}').fields, { MSG: 'x' });
});

test('names that every object knows do no harm', () => {
  const decoded = decode('<14>1 - - - - - [__proto__ constructor="x"] {"__proto__":"y"}');
  assert.equal(JSON.stringify(decoded.sd), '{"__proto__":{"constructor":"x"}}');
  assert.equal(Object.getPrototypeOf(decoded.sd), Object.prototype);
});

test('a record of tailship that is cut off anywhere behind its version is known as such, a whole one is not', () => {
  const text = record({ gen: GEN[0], at: 0, len: 12 }, 'a } "b" \\ ü');
  for (let end = 6; end < text.length; end += 1) {
    assert.equal(isCutOff(text.slice(0, end)), true, text.slice(0, end));
  }
  assert.equal(isCutOff(text), false);
});

test('a plain message without its line end is whole', () => {
  for (const text of ['hello', '<14>hello', '<34>Oct 11 22:14:15 web1 su: hello', '<14>1 - - - - - - hello'])
    assert.equal(isCutOff(text), false);
});

test('nothing that is received makes it throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => typeof decode(`<14>1 - - - - - - {${text}`).msg === 'string'),
  );
});
