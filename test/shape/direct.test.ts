import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compilePattern } from '../../agent/shape/pattern.ts';
import { createPriorityCache } from '../../agent/shape/pricache.ts';
import { memoryOf, putDecimal } from '../../agent/shape/put.ts';
import { createScanner } from '../../agent/shape/scanner.ts';
import { readSelector } from '../../agent/shape/select.ts';
import type { Batch, TransformConfig } from '../../agent/types.ts';
import { chunkOf, contextOf, NOON, type Setup, shaperOf } from './shaped.ts';

const { source } = compilePattern({ builtin: 'app' });
/** The same expression in a spelling that has no scanner, so that all its lines go the long way. */
const LONG = `(?=)${source}`;
const OWN = '^(?<level>[^ ]*) (?<owner>[^ ]*) (?<user>[^ ]*) (?<msg>.*)$';

const pieces = (...of: string[]) => fc.array(fc.constantFrom(...of), { maxLength: 8 }).map((many) => many.join(''));
const messages = pieces('text ', '日志', '"', '\\', '\x01', '\x7f', '[x]', 'a'.repeat(60), '😀', '\u2028', ' ');
const appLine = fc
  .tuple(
    fc.constantFrom('Jul 15 11:30:35', 'Jul 15 11:30:36', 'Jul  5 11:30:59', 'Feb 31 11:30:35', 'Jul 15 11:30:99'),
    fc.constantFrom('host', 'web-1.example', 'h'.repeat(48), 'h'.repeat(49), '10.0.0.1', 'fe80::1'),
    fc.constantFrom('app', 'ecms_troubleshoot', 'postfix/smtpd', 'o'.repeat(50), 'sshd(pam)'),
    fc.constantFrom(': ', ': [1]', ': [INFO]', ': [1][WARN] ', '[77]: ', ':[1][ERROR] [T1] ', ': [] ', ': [1] [x]'),
    messages,
  )
  .map(([time, host, owner, tag, text]) => `${time} ${host} ${owner}${tag}${text}`);
const ownLine = fc
  .tuple(
    fc.constantFrom('INFO', '[WARN]', '错误', ''),
    fc.constantFrom('app', '订单', 'a b', ''),
    pieces('u', '日', '[x]'),
    messages,
  )
  .map((parts) => parts.join(' '));
const quotes = fc.oneof(pieces('-', 'x', ' ', '日', '\\\\"', '\\\\', 'a/b'), fc.constant('GET /x?y=z HTTP/1.1'));
const accessLine = fc
  .tuple(fc.constantFrom('-', 'frank', 'a b', '日'), quotes, quotes)
  .map(([user, request, agent]) => `::1 - ${user} [15/Jul/2026:11:30:35 +0000] "${request}" 200 5 "-" "${agent}"`);
const loggedLine = fc
  .tuple(
    fc.constantFrom('2026-07-15 11:30:35,123', '2026-07-15T11:30:36Z', '[2026-07-15 11:30:37 +0000]'),
    fc.constantFrom(' INFO ', ' WARNING ', ' - x - WARN - ', ' [INFO] ', ' [main] ERROR ', ' INFO 12 --- [ main] '),
    fc.constantFrom('', '[main] ', 'a.b.C - ', 'a.b.C : ', 'root: ', '[root] '),
    messages,
  )
  .map((parts) => parts.join(''));
const syslogLine = fc
  .tuple(
    fc.constantFrom('', '<34>', '<165>', '<999>'),
    fc.constantFrom('Jul 15 11:30:35 web-1 ', '2026-07-15T11:30:36.5Z web-1 ', '1 2026-07-15T11:30:36Z - '),
    fc.constantFrom('app[7]: ', 'app: ', 'a b[7]: ', 'app 7 - - ', 'app - ID [x@1 y="z\\"]"] ', ''),
    messages,
  )
  .map((parts) => parts.join(''));
const line = fc.oneof(appLine, appLine, ownLine, messages, fc.constant(''));
const filesOf = (of: fc.Arbitrary<string>) =>
  fc
    .tuple(
      fc.array(fc.tuple(of, fc.constantFrom('\n', '\n', '\r\n')), { maxLength: 12 }),
      fc.constantFrom('', '\ufeff'),
    )
    .map(([lines, bom]) => Buffer.from(bom + lines.flat().join('')));
const files = filesOf(line);
const PRESETS = { nginx: accessLine, java: loggedLine, python: loggedLine, syslog: syslogLine, rfc5424: syslogLine };
const broken = files.map((bytes) => Buffer.concat([bytes, Buffer.from([0xe6, 0x97, 0x0a])]));
const setups = fc.record({
  transform: fc.record({
    unmatched: fc.constantFrom('ship', 'drop', 'join'),
    fields: fc.constantFrom(
      new Map(),
      new Map([
        ['A', ['"x"']],
        ['Z', []],
      ]),
      new Map([['B', [{ name: 'msg', from: 1, to: 3, options: [] }]]]),
    ),
  }),
  record: fc.record({
    chunk: fc.constantFrom(0, 200, 400),
    json: fc.constantFrom<'own' | 'all' | string[]>('own', 'own', 'all', ['level', 'msg'], ['user']),
    hostname: fc.constantFrom('agent', 'ho st', '', '主机'),
    select: fc.constantFrom('*.*', '*.warn', 'user.=info').map(readSelector),
  }),
  input: fc.record({ named: fc.boolean(), name: fc.constantFrom('input', 'in put', '输入') }),
}) satisfies fc.Arbitrary<Setup>;

/** All that becomes of a file that is read in two chunks, the second one cut at `max_line` or not. */
function shaped(
  content: Buffer,
  split: number,
  cut: boolean,
  setup: Setup,
  pattern: TransformConfig['pattern'],
): unknown[] {
  const shaper = shaperOf({ ...setup, transform: { ...setup.transform, pattern } });
  shaper.open(contextOf({ after: { file: 9, gen: 'zzzzyyyyxxxxwwww', end: 70, skip: 0 } }));
  const lf = content.indexOf(0x0a, Math.min(split, content.length));
  const middle = lf < 0 ? content.length : lf + 1;
  const chunks = [
    chunkOf(content, 0, middle),
    chunkOf(content, middle, content.length, { cut, modified: NOON + 366 * 86_400_000 }),
  ];
  const batches = chunks.map((chunk): Batch => shaper.shape(chunk));
  const last = shaper.overdue(Number.POSITIVE_INFINITY);
  if (last) batches.push(last);
  return [
    ...batches.map(({ payload, ...rest }) => ({ ...rest, text: payload.toString('latin1') })),
    { ...shaper.status(), ms: undefined },
  ];
}

test('a decimal number is written as it is', () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(20_000), fc.nat(2 ** 31 - 1), fc.maxSafeNat()), (value) => {
      const into = Buffer.alloc(20);
      assert.equal(into.toString('latin1', 2, putDecimal(into, 2, value)), String(value));
    }),
  );
});

test('a priority is found for its own owner, level and PRI only', () => {
  // Every three have a number of their own, as far as they go.
  const numbers = new Map<string, number>();
  const priorities = (owner: string, level: string, pri = '') => {
    const key = `${owner} ${level} ${pri}`;
    numbers.set(key, numbers.get(key) ?? numbers.size % 192);
    return numbers.get(key)!;
  };
  const cache = createPriorityCache(priorities, readSelector('*.*'));
  for (let round = 0; round < 2; round += 1) {
    for (let i = 0; i < 4000; i += 1) {
      // Many of one of the three beside few of the others.
      const few = i % 3;
      const [owner, level, pri] = ['o', 'l', ''].map((name, n) => `${name}${n === few ? i : i % 2 || ''}`) as [
        string,
        string,
        string,
      ];
      const line = memoryOf(Buffer.from(owner + level + pri));
      const ends = [owner, owner + level, owner + level + pri].map(({ length }) => length);
      const bounds = Int32Array.of(0, ends[0]!, ends[0]!, ends[1]!, ends[1]!, ends[2]!);
      const { head } = cache.find(line, bounds, 0, 2, 4);
      assert.equal(
        head?.bytes.toString('latin1', 0, head.length),
        `<${priorities(owner, level, pri)}>1 `,
        `${owner} ${level} ${pri}`,
      );
    }
  }
});

test('a time is not taken for the one before it where it only looks like it', () => {
  const content = Buffer.from(['34', '35', '36', '99', '37'].map((s) => `Jul 15 11:30:${s} host app: text\n`).join(''));
  for (const split of [0, 40, 80]) {
    const expected = shaped(content, split, false, {}, { regex: LONG });
    assert.deepEqual(shaped(content, split, false, {}, { builtin: 'app' }), expected);
  }
});

test('a chunk of a few bytes gives the same records as a longer one', () => {
  const fields = new Map([['A', ['"x"']]]);
  for (const text of ['   ', '   x', '  u ', 'INFO   ']) {
    // The first record of all goes the long way; the chunk is what comes behind it.
    const content = Buffer.from(`INFO app u text\n${text}`);
    const expected = shaped(content, 0, false, { transform: { fields } }, { regex: `(?=)${OWN}` });
    assert.deepEqual(shaped(content, 0, false, { transform: { fields } }, { regex: OWN }), expected, text);
  }
});

test('a long line has room in its record for each of the groups that stand in one another', () => {
  const nested = '^(?<a>(?<b>(?<c>(?<d>.*))))$';
  for (const length of [10_000, 30_000, 70_000, 300_000]) {
    const content = Buffer.from(`first\n${'x'.repeat(length)}\nlast\n`);
    const expected = shaped(content, 0, false, {}, { regex: `(?=)${nested}` });
    assert.deepEqual(shaped(content, 0, false, {}, { regex: nested }), expected, `${length} bytes`);
  }
});

test('with unmatched = join the last line of a chunk waits, with an LF behind it or not', () => {
  const any = '^(?<msg>.*)$';
  for (const end of ['', '\n']) {
    const content = Buffer.from(`${'a longer chunk\n'.repeat(20)}last${end}`);
    const setup = { transform: { unmatched: 'join' } } as const;
    const expected = shaped(content, 295, false, setup, { regex: `(?=)${any}` });
    assert.deepEqual(shaped(content, 295, false, setup, { regex: any }), expected);
  }
});

test('each byte that needs an escape gets the one that it has in a string, wherever it stands', () => {
  const lines = Array.from({ length: 128 }, (_, byte) => Buffer.from([byte]))
    .filter((byte) => byte[0] !== 0x0a)
    .flatMap((byte) => [
      `INFO app u ${byte}text`,
      `INFO app u日${byte} te${byte}xt${byte}`,
      `${byte}INFO app ${byte} text`,
    ]);
  const content = Buffer.from(`${lines.join('\n')}\n`);
  assert.deepEqual(
    shaped(content, 0, false, {}, { regex: OWN }),
    shaped(content, 0, false, {}, { regex: `(?=)${OWN}` }),
  );
});

test('a line of nothing but bytes that need an escape has room for all of them', () => {
  for (const length of [100, 16_000, 17_000, 100_000])
    for (const byte of ['"', '\x01']) {
      const content = Buffer.from(`INFO app u first\n${`INFO app u ${byte.repeat(length)}\n`.repeat(3)}`);
      const expected = shaped(content, 0, false, {}, { regex: `(?=)${OWN}` });
      assert.deepEqual(shaped(content, 0, false, {}, { regex: OWN }), expected, `${length} bytes`);
    }
});

describe('records written byte by byte', () => {
  test('are those of the long way, with the pattern app', () => {
    assert.equal(createScanner(compilePattern({ regex: LONG }).regex!), undefined);
    fc.assert(
      fc.property(fc.oneof(files, files, broken), fc.nat(400), fc.boolean(), setups, (content, split, cut, setup) => {
        const expected = shaped(content, split, cut, setup, { regex: LONG });
        assert.deepEqual(shaped(content, split, cut, setup, { builtin: 'app' }), expected);
      }),
      { numRuns: 250 },
    );
  });

  for (const [builtin, lines] of Object.entries(PRESETS)) {
    test(`are those of the long way, with the pattern ${builtin}`, () => {
      const regex = `(?=)(?:${compilePattern({ builtin }).source})`;
      fc.assert(
        fc.property(filesOf(fc.oneof(lines, lines, line)), fc.nat(400), setups, (content, split, setup) => {
          const expected = shaped(content, split, false, setup, { regex });
          assert.deepEqual(shaped(content, split, false, setup, { builtin }), expected);
        }),
        { numRuns: 120 },
      );
    });
  }

  test("are those of the long way, with an operator's own pattern", () => {
    fc.assert(
      fc.property(fc.oneof(files, files, broken), fc.nat(400), fc.boolean(), setups, (content, split, cut, setup) => {
        const expected = shaped(content, split, cut, setup, { regex: `(?=)${OWN}` });
        assert.deepEqual(shaped(content, split, cut, setup, { regex: OWN }), expected);
      }),
      { numRuns: 250 },
    );
  });
});
