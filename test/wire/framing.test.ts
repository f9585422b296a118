import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createDeframer, type Fault, frameOctets } from '../../agent/wire/framing.ts';

const LIMIT = 65_536;

/** A stream taken apart, handed over in the given pieces. */
function deframe(pieces: readonly (Buffer | string)[], limit = LIMIT) {
  const messages: string[] = [];
  const faults: (Fault | undefined)[] = [];
  const deframer = createDeframer((bytes, start, end, fault) => {
    messages.push(bytes.toString('utf8', start, end));
    faults.push(fault);
  }, limit);
  for (const piece of pieces) deframer.push(Buffer.from(piece));
  const lost = deframer.end();
  return { messages, faults, lost };
}

/** Cuts a stream at the given places. */
function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (stream.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => stream.subarray(from, at[i] ?? stream.length));
}

function payloadOf(messages: readonly string[]): { payload: Buffer; ends: Uint32Array } {
  let end = -1;
  const ends = messages.map((message) => {
    end += Buffer.byteLength(message) + 1;
    return end;
  });
  return { payload: Buffer.from(messages.map((message) => `${message}\n`).join('')), ends: Uint32Array.from(ends) };
}

const TEXT = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replace(/[\r\n]/g, ' '));
const MESSAGE = TEXT.map((text) => `<14>${text}`);

test('octet counting puts the length in bytes and a blank before each message', () => {
  const { payload, ends } = payloadOf(['<14>héllo', '<14>x', `<14>${'y'.repeat(996)}`]);
  assert.equal(frameOctets(payload, ends).toString(), `10 <14>héllo5 <14>x1000 <14>${'y'.repeat(996)}`);
  assert.equal(frameOctets(Buffer.alloc(0), new Uint32Array(0)).length, 0);
});

test('an empty message has no frame', () => {
  const { payload, ends } = payloadOf(['<14>a', '', '<14>b']);
  assert.equal(frameOctets(payload, ends).toString(), '5 <14>a5 <14>b');
});

test('what is framed by octet counting comes back whole, cut anywhere', () => {
  fc.assert(
    fc.property(fc.array(MESSAGE), fc.array(fc.nat()), (messages, places) => {
      const { payload, ends } = payloadOf(messages);
      assert.deepEqual(deframe(cut(frameOctets(payload, ends), places)).messages, messages);
    }),
  );
});

test('newline messages come back whole, cut anywhere, with LF or CRLF', () => {
  const line = fc.tuple(fc.oneof(MESSAGE, TEXT), fc.constantFrom('\n', '\r\n'));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat()), (lines, places) => {
      const read = deframe(cut(Buffer.from(lines.map(([text, end]) => text + end).join('')), places));
      // Text that happens to look like a counted frame is told apart by nobody.
      fc.pre(lines.every(([text]) => !/^[1-9]\d{0,8} </.test(text)));
      assert.deepEqual(
        read.messages,
        lines.map(([text]) => text).filter((text) => text !== ''),
      );
    }),
  );
});

test('both framings on one connection are told apart for each message, byte by byte as well', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(MESSAGE, fc.boolean())), fc.array(fc.nat()), (list, places) => {
      const stream = Buffer.from(
        list.map(([text, counted]) => (counted ? `${Buffer.byteLength(text)} ${text}` : `${text}\n`)).join(''),
      );
      const messages = list.map(([text]) => text);
      assert.deepEqual(deframe(cut(stream, places)).messages, messages);
      assert.deepEqual(deframe([...stream].map((byte) => Buffer.of(byte))).messages, messages);
    }),
  );
});

test('any bytes cut anywhere give the same messages', () => {
  const piece = fc.constantFrom(
    '<14>a',
    '\n',
    '\r\n',
    '5 <14>b',
    '12',
    ' ',
    '999999999 <',
    '9',
    '0',
    '5 x',
    'text',
    '7 <1\n4>cc',
  );
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat()), fc.integer({ min: 1, max: 40 }), (pieces, places, limit) => {
      const stream = Buffer.from(pieces.join(''));
      const whole = deframe([stream], limit);
      assert.deepEqual(deframe(cut(stream, places), limit), whole);
      assert.deepEqual(
        deframe(
          [...stream].map((byte) => Buffer.of(byte)),
          limit,
        ),
        whole,
      );
    }),
    { numRuns: 500 },
  );
});

test('a newline message may begin with digits', () => {
  const lines = ['12345', '12 apples', '0 <x', '1234567890 <14>x', '7', '99<14>', '3'];
  assert.deepEqual(deframe([`${lines.join('\n')}\n`]).messages, lines);
  assert.deepEqual(deframe([...`${lines.join('\n')}\n`]).messages, lines);
});

test('an LF behind a counted frame is no message', () => {
  assert.deepEqual(deframe(['5 <14>a\n5 <14>b\r\n<14>c\n\n']).messages, ['<14>a', '<14>b', '<14>c']);
});

test('a counted message may hold an LF', () => {
  assert.deepEqual(deframe(['7 <14>a\nb<14>c\n']).messages, ['<14>a\nb', '<14>c']);
});

test('a newline message without its LF is given out as unterminated when the stream ends', () => {
  assert.deepEqual(deframe(['<14>a\n<14>b']), {
    messages: ['<14>a', '<14>b'],
    faults: [undefined, 'unterminated'],
    lost: 0,
  });
  assert.deepEqual(deframe(['12']), { messages: ['12'], faults: ['unterminated'], lost: 0 });
});

test('a counted frame whose rest never came is no message', () => {
  assert.deepEqual(deframe(['5 <14>a9 <14>b']), { messages: ['<14>a'], faults: [undefined], lost: 5 });
});

test('a message above the limit is cut, its rest is thrown away, and the next one is whole', () => {
  const expected = { messages: ['<14>aaaa', '<14>b'], faults: ['cut', undefined], lost: 0 };
  for (const stream of ['<14>aaaaaaaaa\n<14>b\n', '13 <14>aaaaaaaaa5 <14>b', '<14>aaaaaaaa\r\n5 <14>b']) {
    assert.deepEqual(deframe([stream], 8), expected);
    assert.deepEqual(deframe([...stream], 8), expected);
  }
  assert.deepEqual(deframe(['<14>aaaa\r\n', '<14>bbbb', '\n'], 8), {
    messages: ['<14>aaaa', '<14>bbbb'],
    faults: [undefined, undefined],
    lost: 0,
  });
});

test('a huge count costs no memory until the bytes come', () => {
  const before = process.memoryUsage().arrayBuffers;
  const deframers = Array.from({ length: 100 }, () => {
    const deframer = createDeframer(() => assert.fail('no message was whole'), 2 ** 30);
    deframer.push(Buffer.from('999999999 <14>'));
    return deframer;
  });
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20);
  for (const deframer of deframers) assert.equal(deframer.end(), 4);
});

test('after the end of a stream the same deframer takes the next one', () => {
  const messages: string[] = [];
  const deframer = createDeframer((bytes, start, end) => void messages.push(bytes.toString('utf8', start, end)), LIMIT);
  for (const stream of ['9 <14>', '<14>a', '12 <14>', '<14>b\n']) {
    deframer.push(Buffer.from(stream));
    deframer.end();
  }
  assert.deepEqual(messages, ['<14>a', '<14>b']);
});
