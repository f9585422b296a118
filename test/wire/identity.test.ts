import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Identity, readIdentity, readPart, writeIdentity } from '../../agent/wire/identity.ts';
import { newIdentitySpan, scanIdentity } from '../../agent/wire/identity-scan.ts';
import { readRfc5424 } from '../../agent/wire/rfc5424.ts';

const GEN = fc.string({
  unit: fc.constantFrom(...'0123456789abcdefghijklmnopqrstuvwxyz'),
  minLength: 16,
  maxLength: 16,
});
const BYTES = fc.integer({ min: 0, max: 10 ** 15 - 1 });
const SOME = fc.integer({ min: 1, max: 10 ** 12 });
const IDENTITY: fc.Arbitrary<Identity> = fc.record(
  {
    gen: GEN,
    at: BYTES,
    len: BYTES,
    skip: SOME,
    after: fc.record({ gen: GEN, end: BYTES }, { noNullPrototype: true }),
    prevskip: SOME,
    part: fc.integer({ min: 1, max: 999 }).chain((of) => fc.integer({ min: 1, max: of }).map((n) => ({ n, of }))),
  },
  { requiredKeys: ['gen', 'at', 'len'], noNullPrototype: true },
);

test('the element is written with its fields in their order', () => {
  const identity = {
    gen: 'k3j5h6g7f8d9s0a1',
    at: 0,
    len: 12,
    skip: 3,
    after: { gen: 'p', end: 70 },
    prevskip: 2,
    part: { n: 2, of: 3 },
  };
  assert.equal(
    writeIdentity('tail@32473', identity),
    '[tail@32473 f="k3j5h6g7f8d9s0a1" at="0" len="12" skip="3" after="p:70" prevskip="2" part="2/3"]',
  );
  assert.equal(
    writeIdentity('x@1', { gen: 'g', at: 5, len: 6, skip: 0, after: undefined }),
    '[x@1 f="g" at="5" len="6"]',
  );
});

test('what is written can be read back, and the scan of the bytes finds the same', () => {
  const span = newIdentitySpan();
  fc.assert(
    fc.property(IDENTITY, fc.string({ unit: 'grapheme' }), fc.nat(9), (identity, msg, pad) => {
      const element = writeIdentity('tail@32473', identity);
      assert.deepEqual(readIdentity(element), identity);
      const text = `<14>1 2026-07-15T11:30:35+02:00 web1 app 12 - ${element} ${msg}`;
      const bytes = Buffer.concat([Buffer.alloc(pad), Buffer.from(text), Buffer.from('"] [f="')]);
      assert.ok(scanIdentity(bytes, pad, pad + Buffer.byteLength(text), span));
      assert.deepEqual(fromSpan(bytes), identity);
      assert.equal(bytes.toString('latin1', span.hostStart, span.hostEnd), 'web1');
    }),
  );

  function fromSpan(bytes: Buffer): Identity {
    const { at, len, skip, prevskip, partN: n, partOf: of } = span;
    return {
      gen: bytes.toString('latin1', span.genStart, span.genEnd),
      at,
      len,
      ...(skip > 0 && { skip }),
      ...(span.prevStart >= 0 && {
        after: { gen: bytes.toString('latin1', span.prevStart, span.prevEnd), end: span.prevUpTo },
      }),
      ...(prevskip > 0 && { prevskip }),
      ...(n > 0 && { part: { n, of } }),
    };
  }
});

test('on hostile messages the scan of the bytes finds what the reader finds', () => {
  const span = newIdentitySpan();
  const words = [
    '[',
    '[a',
    ']',
    ' f="g"',
    ' at="1"',
    ' len="2"',
    ' skip="x"',
    ' part="3/2"',
    ' part="1/2"',
    ' x="\\"]\\]"',
    ' x="\\"\\]\\\\"',
    ' after="p:1"',
  ];
  const piece = fc.constantFrom(
    ...words,
    ' after="p"',
    ' after=":1"',
    ' at="1',
    '"',
    '\\',
    ' ',
    '  f="h"',
    '=',
    '-',
    ' at="1234567890123456"',
  );
  const element = fc.array(piece, { maxLength: 8 }).map((parts) => `[a${parts.join('')}]`);
  fc.assert(
    fc.property(fc.array(element, { minLength: 1, maxLength: 3 }), (elements) => {
      const text = `<14>1 - host - - - ${elements.join('')} text`;
      const record = readRfc5424(text);
      const bytes = Buffer.from(text);
      const found = scanIdentity(bytes, 0, bytes.length, span);
      if (!record) return;
      const expected = record.sd.map(readIdentity).find((identity) => identity !== undefined);
      assert.equal(found, expected !== undefined, text);
      if (!expected) return;
      assert.equal(span.at, expected.at);
      assert.equal(span.prevUpTo, expected.after?.end ?? -1);
      assert.equal(span.partOf, expected.part?.of ?? 0);
    }),
    { numRuns: 2000 },
  );
});

test('the scan steps over other elements and over escaped quotes and brackets', () => {
  const span = newIdentitySpan();
  const text = '<14>1 - web1 - - - [a@1 x="\\"\\] f=\\"g\\"" y="\\\\"][tail@32473 z="\\"" f="g" at="1" len="2"] text';
  assert.ok(readRfc5424(text), 'the reader takes it too');
  assert.ok(scanIdentity(Buffer.from(text), 0, text.length, span));
  assert.equal(text.slice(span.genStart, span.genEnd), 'g');
  assert.equal(text.slice(span.hostStart, span.hostEnd), 'web1');
});

test('bytes that are no RFC 5424 message have no identity, and nothing throws', () => {
  const span = newIdentitySpan();
  for (const text of [
    '',
    '<',
    '<14>',
    '<14>1 ',
    '<14>1 - - - - - ',
    '<14>1 - - - - - -',
    '<192>1 - - - - - [a f="g" at="1" len="2"]',
  ]) {
    assert.equal(scanIdentity(Buffer.from(text), 0, Buffer.byteLength(text), span), false, text);
  }
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      (bytes) => scanIdentity(Buffer.from(bytes), 0, bytes.length, span) === false,
    ),
  );
});

test('an element cut off anywhere is no identity', () => {
  const span = newIdentitySpan();
  const text = `<14>1 - - - - - ${writeIdentity('a@1', { gen: 'g', at: 1, len: 2, after: { gen: 'p', end: 9 } })}`;
  const bytes = Buffer.from(text);
  for (let end = 0; end < bytes.length; end += 1) assert.equal(scanIdentity(bytes, 0, end, span), false);
  assert.ok(scanIdentity(bytes, 0, bytes.length, span));
});

test('an element with a value that cannot be read is no identity', () => {
  const wrong = [
    'f="g" at="1"',
    'at="1" len="2"',
    'f="G" at="1" len="2"',
    'f="" at="1" len="2"',
    'f="g" at="-1" len="2"',
    'f="g" at="1" len="1e3"',
  ];
  const optional = ['skip="x"', 'after="p"', 'after=":1"', 'prevskip=""', 'part="0/2"', 'part="3/2"', 'part="1"'];
  for (const params of [...wrong, ...optional.map((param) => `f="g" at="1" len="2" ${param}`)]) {
    assert.equal(readIdentity(`[a@1 ${params}]`), undefined, params);
  }
  for (const text of ['', '-', '[', 'f="g"', '[a@1 f="g" at="1" len="2"'])
    assert.equal(readIdentity(text), undefined, text);
});

test('a part counts from one up to what it says', () => {
  assert.deepEqual(readPart('2/3'), { n: 2, of: 3 });
  for (const text of ['0/3', '4/3', '1/', '/2', '1/2/3', '1 /2', '9999999999/9999999999', undefined])
    assert.equal(readPart(text), undefined);
});
