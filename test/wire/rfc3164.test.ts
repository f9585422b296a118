import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readRfc3164 } from '../../agent/wire/rfc3164.ts';

test('a message is read in all its fields', () => {
  assert.deepEqual(readRfc3164('<34>Oct 11 22:14:15 mymachine su[12]: {"MSG":"x: y"}'), {
    pri: 34,
    timestamp: 'Oct 11 22:14:15',
    hostname: 'mymachine',
    appName: 'su',
    procid: '12',
    msg: '{"MSG":"x: y"}',
  });
});

test('day of one digit, no pid, no text', () => {
  const record = readRfc3164('<14>Jul  5 01:02:03 web-1.example my-app:');
  assert.equal(record?.timestamp, 'Jul  5 01:02:03');
  assert.equal(record.hostname, 'web-1.example');
  assert.equal(record.appName, 'my-app');
  assert.equal(record.procid, undefined);
  assert.equal(record.msg, '');
});

test('a message without a tag keeps its text whole', () => {
  const record = readRfc3164('<14>Jul 15 01:02:03 web1 just some text');
  assert.equal(record?.appName, undefined);
  assert.equal(record?.msg, 'just some text');
});

test('where the header cannot be read all of it is text', () => {
  assert.equal(readRfc3164('<14>{"MSG": "x"}')?.msg, '{"MSG": "x"}');
  assert.equal(readRfc3164('<14>2026-07-15T00:00:00Z web1 app: x')?.timestamp, undefined);
  assert.equal(readRfc3164('<14>')?.msg, '');
});

test('what does not begin with a PRI is not read', () => {
  for (const text of ['', 'Oct 11 22:14:15 host app: x', '<192>x', '<>x']) assert.equal(readRfc3164(text), undefined);
});

test('garbage never throws', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readRfc3164(text)));
  const pieces = fc.constantFrom('<14>', 'Oct 11 22:14:15', ' ', 'host', 'app', '[', ']', ':', 'é', '\n');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
      const text = parts.join('');
      const record = readRfc3164(text);
      assert.equal(record === undefined, !text.startsWith('<14>'));
      assert.ok(record === undefined || text.endsWith(record.msg));
    }),
  );
});
