import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeSdValue, headerField, readRfc5424, readSd, unescapeSdValue } from '../../agent/wire/rfc5424.ts';

const EXAMPLE =
  '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" ' +
  'eventSource="Application" eventID="1011"][examplePriority@32473 class="high"] \uFEFFAn application event log entry';

test('the example of RFC 5424 is read in all its fields, without the byte order mark', () => {
  assert.deepEqual(readRfc5424(EXAMPLE), {
    pri: 165,
    timestamp: '2003-10-11T22:14:15.003Z',
    hostname: 'mymachine.example.com',
    appName: 'evntslog',
    procid: '-',
    msgid: 'ID47',
    sd: [
      {
        id: 'exampleSDID@32473',
        params: [
          ['iut', '3'],
          ['eventSource', 'Application'],
          ['eventID', '1011'],
        ],
      },
      { id: 'examplePriority@32473', params: [['class', 'high']] },
    ],
    msg: 'An application event log entry',
  });
});

test('a message may end behind its structured data', () => {
  assert.equal(readRfc5424('<14>1 - - - - - -')?.msg, '');
  assert.equal(readRfc5424('<14>1 - - - - - [a]')?.msg, '');
  assert.equal(readRfc5424('<14>1 - - - - - - ')?.msg, '');
});

test('what is no such message is not read', () => {
  const wrong = [
    '',
    '<14>',
    '<14>1',
    '<14>2 - - - - - -',
    '<14>1 - - - - -',
    '<14>1 - -  - - - -',
    '<999>1 - - - - - -',
    '<14>1 - - - - - -x',
    '<14>1 - - - - - [a',
    '<14>1 - - - - - [a b="c]',
    '<14>1 - - - - - [a b="c"',
    '<14>1 - - - - - [a b=c] x',
    '<14>1 - - - - - [ b="c"] x',
    '<14>Oct 11 22:14:15 host app: text',
  ];
  for (const text of wrong) assert.equal(readRfc5424(text), undefined, text);
});

test('quotes, backslashes and brackets in a parameter come back as they were', () => {
  assert.equal(escapeSdValue('a"b\\c]d'), 'a\\"b\\\\c\\]d');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (value, msg) => {
      const record = readRfc5424(`<14>1 - - - - - [x@1 v="${escapeSdValue(value)}"] ${msg}`);
      assert.equal(record?.sd[0]?.params[0]?.[1], value);
      assert.equal(record.msg, msg.startsWith('\uFEFF') ? msg.slice(1) : msg);
      assert.equal(unescapeSdValue(escapeSdValue(value)), value);
    }),
  );
});

test('a backslash before any other character stands for itself', () => {
  assert.equal(unescapeSdValue('C:\\new\\"x'), 'C:\\new"x');
  assert.deepEqual(readSd('[a b="C:\\new"]')?.elements[0]?.params, [['b', 'C:\\new']]);
});

test('a name that occurs twice is kept twice', () => {
  const element = readSd('[origin ip="192.0.2.1" ip="192.0.2.129"]')?.elements[0];
  assert.deepEqual(
    element?.params.map(([, value]) => value),
    ['192.0.2.1', '192.0.2.129'],
  );
});

test('garbage never throws', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readRfc5424(text)));
  const pieces = fc.constantFrom('<14>1 ', '- ', '[', ']', 'a@1', ' b=', '"', '\\', '-', ' ', '=', 'é', '\n');
  fc.assert(fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => void readRfc5424(parts.join(''))));
});

test('a header field is printable ASCII without blanks, cut, and never empty', () => {
  assert.equal(headerField('web-1.example', 255), 'web-1.example');
  assert.equal(headerField('', 48), '-');
  assert.equal(headerField('my app', 48), 'my_app');
  assert.equal(headerField('日志', 48), '__');
  assert.equal(headerField('a😀b', 48), 'a_b');
  assert.equal(headerField('abcdef', 3), 'abc');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 255 }), (text, max) => {
      const field = headerField(text, max);
      assert.match(field, /^[!-~]+$/);
      assert.ok(field.length <= max);
      assert.equal(headerField(field, max), field);
    }),
  );
});
