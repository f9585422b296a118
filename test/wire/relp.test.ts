import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createRelpParser,
  frameOks,
  frameRelp,
  frameSyslog,
  isRelpCommand,
  LAST_TXNR,
  laterTxnr,
  readRelpCode,
  readRelpOffers,
  relpText,
} from '../../agent/wire/relp.ts';

/** What a parser gives for a stream that comes in pieces of the given sizes, in turn. */
function parse(stream: Buffer, sizes: readonly number[] = [stream.length], limit = 1_000_000) {
  const frames: { txnr: number; command: string; data: string; code: number }[] = [];
  const parser = createRelpParser((frame) => {
    const command = frame.bytes.toString('latin1', frame.commandStart, frame.commandEnd);
    assert.ok(isRelpCommand(frame, command) && !isRelpCommand(frame, `${command}x`));
    frames.push({ txnr: frame.txnr, command, data: relpText(frame), code: readRelpCode(frame) });
    return command !== 'stop';
  }, limit);
  for (let at = 0, i = 0; at < stream.length; i += 1) {
    const size = Math.max(1, sizes[i % sizes.length]!);
    // Pieces of their own, as from a socket: what is behind them is not the stream.
    parser.push(Buffer.from(stream.subarray(at, at + size)));
    at += size;
  }
  return { frames, pending: parser.pending() };
}

const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 8 });
const message = fc.string({ unit: 'binary', maxLength: 300 }).map((text) => text.replaceAll('\n', ' '));

test('what is framed is read back, however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 20 }),
      fc.integer({ min: 1, max: LAST_TXNR }),
      sizes,
      (texts, txnr, cuts) => {
        const payload = Buffer.from(texts.map((text) => `${text}\n`).join(''));
        const ends = new Uint32Array(texts.length);
        let at = -1;
        for (const [i, text] of texts.entries()) ends[i] = at += Buffer.byteLength(text) + 1;
        const stream = frameSyslog(payload, ends, txnr);
        const { frames, pending } = parse(stream, cuts);
        assert.deepEqual(
          frames.map(({ txnr, command, data }) => ({ txnr, command, data })),
          texts.map((data, i) => ({ txnr: laterTxnr(txnr, i), command: 'syslog', data })),
        );
        assert.equal(pending, 0);
      },
    ),
  );
});

test('answers are read back with number and code', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: LAST_TXNR })), sizes, (txnrs, cuts) => {
      const { frames } = parse(frameOks(txnrs), cuts);
      assert.deepEqual(
        frames,
        txnrs.map((txnr) => ({ txnr, command: 'rsp', data: '200 OK', code: 200 })),
      );
    }),
  );
});

test('transaction numbers go up to 999999999 and begin again at 1', () => {
  assert.deepEqual([laterTxnr(LAST_TXNR, 1), laterTxnr(LAST_TXNR - 1, 3), laterTxnr(1, 5)], [1, 2, 6]);
  const stream = frameSyslog(Buffer.from('a\nb\n'), Uint32Array.of(1, 3), LAST_TXNR);
  assert.equal(stream.toString(), '999999999 syslog 1 a\n1 syslog 1 b\n');
});

test('a frame without data has no blank behind its length, and is taken with one', () => {
  assert.equal(frameRelp(7, 'close').toString(), '7 close 0\n');
  assert.equal(frameRelp(1, 'open', 'ä=1').toString(), '1 open 4 ä=1\n');
  const { frames } = parse(Buffer.from('0 serverclose 0\n7 rsp 0 \n8 rsp 3 500\n9 rsp 2 20\n'), [1]);
  assert.deepEqual(
    frames.map(({ txnr, command, code }) => [txnr, command, code]),
    [
      [0, 'serverclose', 0],
      [7, 'rsp', 0],
      [8, 'rsp', 500],
      [9, 'rsp', 0],
    ],
  );
});

test('what is no RELP is refused at once, wherever it is cut', () => {
  const hostile = [
    'HTTP/1.1 400 Bad Request\r\n',
    '\n',
    ' 1 rsp 0\n',
    '1234567890 rsp 0\n',
    '1  rsp 0\n',
    '1 rsp\n',
    '1 r5p 0\n',
    `1 ${'a'.repeat(33)} 0\n`,
    '1 rsp x\n',
    '1 rsp -1 \n',
    '1 rsp 3\nabc\n',
    '1 rsp 1234567890 a',
    '1 rsp 3 abcd\n',
    '1 rsp 0 x\n',
    '\x16\x03\x01\x00\xa5\x01\x00\x00',
  ];
  for (const text of hostile) {
    for (const size of [1, 2, 3, text.length]) {
      assert.throws(() => parse(Buffer.from(text), [size]), /no RELP|does not end where its length says/, text);
    }
  }
});

test('any bytes are either frames or refused, and never held beyond the limit', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), sizes, (bytes, cuts) => {
      try {
        parse(Buffer.from(bytes), cuts, 64);
      } catch (error) {
        assert.match((error as Error).message, /RELP|length|announced/);
      }
    }),
  );
});

test('a length above the limit is refused before its bytes come, and one below costs nothing yet', () => {
  assert.throws(
    () => parse(Buffer.from('1 syslog 65 '), [4], 64),
    /a frame of 65 bytes was announced, and 64 is the most/,
  );
  const before = process.memoryUsage().arrayBuffers;
  const parser = createRelpParser(() => true, 999_999_999);
  parser.push(Buffer.from('1 syslog 999999999 abc'));
  assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000);
  assert.equal(parser.pending(), 22);
});

test('after the callback has said stop, nothing is given any more', () => {
  const { frames } = parse(Buffer.from('1 stop 0\n2 rsp 0\nnonsense'));
  assert.equal(frames.length, 1);
});

test('offers are read by name', () => {
  const offers = readRelpOffers('relp_version=0\nrelp_software=a,b=c\n\ncommands=syslog,eventlog');
  assert.deepEqual(
    [...offers],
    [
      ['relp_version', '0'],
      ['relp_software', 'a,b=c'],
      ['commands', 'syslog,eventlog'],
    ],
  );
});
