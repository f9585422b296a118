import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { joinParts, mayHoldParts, readPartOf } from '../../agent/receive/join.ts';
import { newIdentitySpan } from '../../agent/wire/identity-scan.ts';
import { cutRecord, GEN, record } from './records.ts';

const span = newIdentitySpan();
const read = (text: string) => readPartOf(Buffer.from(text), 0, Buffer.byteLength(text), span);
const join = (parts: readonly string[]) => joinParts(parts.map((part) => Buffer.from(part)))?.toString();

test('a part is known in each of the three formats', () => {
  const part = { rec: `${GEN[0]}:70`, n: 2, of: 3 };
  assert.deepEqual(read(record({ gen: GEN[0], at: 70, len: 12, part: { n: 2, of: 3 } })), part);
  assert.deepEqual(read(`<14>Jul 15 11:30:35 web1 app[12]: {"MSG":"x","PART":"2/3","REC":"${GEN[0]}:70"}`), part);
  assert.deepEqual(read(`<14>{"HEADER": "h", "MSG": "x", "PART": "2/3", "PID": "[1]", "REC": "${GEN[0]}:70"}`), part);
});

test('what only looks like a part is none', () => {
  const texts = [
    record({ gen: GEN[0], at: 70, len: 12 }, 'part="2/3" "PART":"2/3","REC":"g:1"'),
    '<14>Jul 15 11:30:35 web1 app: {"MSG":"x","PART":"2/3"}',
    '<14>Jul 15 11:30:35 web1 app: {"MSG":"x","PART":"4/3","REC":"g:1"}',
    '<14>Jul 15 11:30:35 web1 app: {"MSG":"x","PART":"2/3","REC":"nothing"}',
    '<14>Jul 15 11:30:35 web1 app: {"MSG":"x","PART":"2/3","REC":"g:1"',
    'part="2/3"',
    '"PART":"2/3"',
    '',
  ];
  for (const text of texts) assert.equal(read(text), undefined, text);
});

test('the quick search never misses a part', () => {
  const part = Buffer.from(record({ gen: GEN[0], at: 70, len: 12, part: { n: 2, of: 3 } }));
  assert.ok(mayHoldParts(Buffer.concat([Buffer.alloc(5000, 0x20), part])));
  assert.ok(mayHoldParts(Buffer.from('<14>{"MSG": "x", "PART": "1/2", "REC": "g:1"}')));
  assert.equal(
    mayHoldParts(Buffer.from(record({ gen: GEN[0], at: 70, len: 12 }, 'a "PART":"1/2" and part="1/2"'))),
    false,
  );
});

test('rfc5424 parts become the message that would have been without the cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 2, maxLength: 5 }), (pieces) => {
      const identity = { gen: GEN[0], at: 70, len: 12, skip: 3, after: { gen: GEN[1], end: 9 } };
      assert.equal(join(cutRecord(identity, pieces)), record(identity, pieces.join('')));
    }),
  );
});

test('rfc3164 parts become one message without the keys of a part, the other keys as they were', () => {
  const part = (n: number, msg: string) =>
    `<14>Jul 15 11:30:35 web1 app[12]: {"LEVEL":"INFO","MSG":"${msg}","OTHER":"é\\n","PART":"${n}/2","REC":"${GEN[0]}:7"}`;
  assert.equal(
    join([part(1, '日\\"'), part(2, '\\\\本')]),
    '<14>Jul 15 11:30:35 web1 app[12]: {"LEVEL":"INFO","MSG":"日\\"\\\\本","OTHER":"é\\n"}',
  );
});

test('script parts become one message with its blanks and escapes', () => {
  const part = (n: number, msg: string) =>
    `<14>{"HEADER": "Jul 15 11:30:35 web1", "MSG": "${msg}", "OWNER": "app", "PART": "${n}/2", "PID": "[12]", "PRI": "14", "REC": "${GEN[0]}:7"}`;
  assert.equal(
    join([part(1, 'a\\u65e5'), part(2, '\\u672cb')]),
    '<14>{"HEADER": "Jul 15 11:30:35 web1", "MSG": "a\\u65e5\\u672cb", "OWNER": "app", "PID": "[12]", "PRI": "14"}',
  );
});

test('in rfc5424 keys named PART and REC are the user’s own and stay', () => {
  const part = (n: number) =>
    `<14>1 - web1 app 12 - [tail@32473 f="${GEN[0]}" at="0" len="9" part="${n}/2"] {"MSG":"${n}","PART":"left","REC":"y"}`;
  assert.equal(
    join([part(1), part(2)]),
    `<14>1 - web1 app 12 - [tail@32473 f="${GEN[0]}" at="0" len="9"] {"MSG":"12","PART":"left","REC":"y"}`,
  );
});

test('parts that are not as tailship writes them are not joined, and nothing throws', () => {
  const good = cutRecord({ gen: GEN[0], at: 0, len: 9 }, ['a', 'b']);
  assert.equal(join([good[0]!, good[1]!.replace('"MSG"', '"TXT"')]), undefined);
  assert.equal(join([good[0]!, good[1]!.slice(0, -1)]), undefined);
  assert.equal(join([good[0]!.replace('"a"', '7'), good[1]!]), undefined);
  assert.equal(join(['', '']), undefined);
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('{', '}', '"', 'MSG', ':', ',', '\\', ' '), { maxLength: 20 }),
      (all) => void join([all.join('')]),
    ),
  );
});

test('a part of megabytes of escapes is read', () => {
  const long = '\\"'.repeat(2_000_000);
  const part = (n: number) => `<14>{"MSG": "${long}", "PART": "${n}/2", "REC": "g:1"}`;
  assert.deepEqual(read(part(2)), { rec: 'g:1', n: 2, of: 2 });
  assert.equal(join([part(1), part(2)])?.length, long.length * 2 + '<14>{"MSG": ""}'.length);
});
