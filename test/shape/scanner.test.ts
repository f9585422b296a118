import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compilePattern } from '../../agent/shape/pattern.ts';
import { createScanner } from '../../agent/shape/scanner.ts';

/** What the groups took of a line; undefined where the scanner leaves it to the expression, null where there is no scanner. */
function scanned(regex: RegExp, line: string): (string | undefined)[] | undefined | null {
  const scanner = createScanner(regex);
  if (!scanner) return null;
  // Other bytes around the line: the scanner must not look at them.
  const bytes = Buffer.from(`x${line}a1 b]`);
  const [from, to] = [1, 1 + Buffer.byteLength(line)];
  if (!scanner.scan(bytes, from, to)) return undefined;
  return Array.from({ length: scanner.bounds.length / 2 - 1 }, (_, i) => {
    const start = scanner.bounds[2 * i + 2]!;
    return start < 0 ? undefined : bytes.toString('utf8', start, scanner.bounds[2 * i + 3]);
  });
}

const ATOMS = [
  'a',
  'b',
  '1',
  ' ',
  ':',
  '\\[',
  '\\]',
  'é',
  '[ab]',
  '[^ab]',
  '[^ ]',
  '\\w',
  '\\d',
  '\\s',
  '\\S',
  '\\W',
  '.',
  '"',
  '(?:[^b\\\\]|\\\\.)',
  '(?:a|ab|abb)',
  '(?:ab|1|a)',
  '(?:\\d{4}-|\\d{2}:| )',
];
const REPEATS = ['', '', '', '?', '*', '+', '{0}', '{2}', '{5}', '{1,2}', '{0,3}', '{2,}', '*?', '+?', '??'];
const ODD = ['(?=a)', '(?!b)', '\\b', '\\B', '\\1', '$', '^', '(?<=a)'];

/** Expressions of all kinds, those without a scanner among them. */
const { expression } = fc.letrec<{ expression: string; branch: string; piece: string }>((tie) => ({
  expression: fc
    .array(tie('branch'), { minLength: 1, maxLength: 3, size: 'max' })
    .map((branches) => branches.join('|')),
  branch: fc.array(tie('piece'), { maxLength: 5, size: 'max' }).map((pieces) => pieces.join('')),
  piece: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(fc.constantFrom(...ATOMS), fc.constantFrom(...REPEATS)).map(([atom, repeat]) => atom + repeat),
    { weight: 1, arbitrary: fc.tuple(tie('expression'), fc.constantFrom(...REPEATS)).map(([x, y]) => `(${x})${y}`) },
    {
      weight: 1,
      arbitrary: fc.tuple(tie('expression'), fc.constantFrom('', '?', '*')).map(([x, y]) => `(?:${x})${y}`),
    },
    { weight: 1, arbitrary: fc.constantFrom(...ODD) },
  ),
}));
const lines = fc
  .array(fc.constantFrom('a', 'b', '1', ' ', ':', '[', ']', '\\', 'é', '日', '😀', '\r', '\u2028', '\xa0'), {
    maxLength: 16,
  })
  .map((pieces) => pieces.join(''));

/** Expressions and lines of few characters, so that there are many ways through them. */
const { ambiguous } = fc.letrec<{ ambiguous: string; branch: string; piece: string }>((tie) => ({
  ambiguous: fc.array(tie('branch'), { minLength: 1, maxLength: 3, size: 'max' }).map((all) => all.join('|')),
  branch: fc.array(tie('piece'), { minLength: 1, maxLength: 4, size: 'max' }).map((all) => all.join('')),
  piece: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          fc.constantFrom('a', 'b', 'c', '[ab]', '[^c]', 'é', '.'),
          fc.constantFrom('', '', '*', '+', '?', '*?', '+?'),
        )
        .map(([atom, repeat]) => atom + repeat),
    },
    { weight: 1, arbitrary: fc.constantFrom('$', '\\b', '\\B', '()') },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom('(', '(?:'), tie('ambiguous'), fc.constantFrom('', '', '?', '*', '+', '{2}', '*?', '??'))
        .map(([open, inner, repeat]) => `${open}${inner})${repeat}`),
    },
  ),
}));
const few = fc.array(fc.constantFrom('a', 'a', 'b', 'b', 'c', 'é', '-'), { maxLength: 6 }).map((all) => all.join(''));

const APP = [
  'Jul 15 11:30:35 host app: [12][INFO] [T1] text',
  'Jul  5 11:30:35 host app: text [INFO]',
  'Jul  5 11:30:35 host app:[WARN] [日志] 订单',
  'Jul  5 11:30:35 host app:',
];
const ACCESS = [
  '10.0.0.1 - - [03/Nov/2026:10:00:00 +0000] "GET /a?b=c HTTP/2.0" 304 17',
  '::1 - bob b [03/Nov/2026:10:00:00 +0100] "GET /日 HTTP/1.1" 200 612 "-" "curl/8 \\"x\\" 日"',
  'www.example:443 10.0.0.1 - - [03/Nov/2026:10:00:00 +0100] "\\x16\\x03" 400 0 "http://a/" "-" 0.001',
];
/** Lines as they are written by the programs that each pattern is for. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  ...{ app: APP, script: APP },
  syslog: ['Nov  3 10:00:00 web-1 sshd[4711]: Accepted', '<34>2026-11-03T10:00:00.1+01:00 h systemd[1]: Started'],
  rfc5424: ['<165>1 2026-11-03T10:00:00.003Z host app 12 ID47 [ex@32473 a="b\\"]" c="d"][y z="]"] An event'],
  nginx: [...ACCESS, '2026/11/03 10:00:00 [error] 7#8: *1 open() "/x" failed'],
  apache: [...ACCESS, '[Tue Nov 03 10:00:00.123456 2026] [core:error] [pid 7:tid 8] [client 10.0.0.1:5] AH00126: x'],
  java: [
    '2026-11-03 10:00:00,123 INFO  [main] org.example.Main - started',
    '2026-11-03 10:00:00,123 INFO 12345 --- [           main] c.e.d.Demo                : Starting',
    '2026-11-03T10:00:00.123+01:00  INFO 12345 --- [shop] [           main] c.e.d.Demo                : Starting',
    '10:00:00.123 [main] DEBUG com.example.Foo - x',
    '26/11/03 10:00:00 ERROR executor.Backend: lost',
  ],
  python: [
    '2026-11-03 10:00:00,123 INFO root: text',
    '2026-11-03 10:00:00,123 - root - WARNING - text',
    '2026-11-03 10:00:00.123 12 INFO nova.api [req-1] text',
    '[2026-11-03 10:00:00 +0000] [12] [INFO] Booting',
    'WARN:root:text',
  ],
};

describe('the scanner of an expression', () => {
  test('says of any expression and line what the expression says, or nothing', () => {
    const seen = { none: 0, left: 0, taken: 0 };
    fc.assert(
      fc.property(
        expression,
        fc.constantFrom('', '^'),
        fc.array(lines, { minLength: 3, maxLength: 8 }),
        (source, anchor, many) => {
          const regex = new RegExp(anchor + source, 's');
          for (const line of many) {
            const found = scanned(regex, line);
            seen[found === null ? 'none' : found === undefined ? 'left' : 'taken'] += 1;
            if (found) assert.deepEqual(found, regex.exec(line)?.slice(1), `${regex} on ${JSON.stringify(line)}`);
          }
        },
      ),
      { numRuns: 5000 },
    );
    for (const [what, count] of Object.entries(seen)) assert.ok(count > 200, `${what}: only ${count} of the lines`);
  });

  test('says of an expression with many ways through a line what the expression says, or nothing', () => {
    fc.assert(
      fc.property(ambiguous, fc.array(few, { minLength: 8, maxLength: 16 }), (source, many) => {
        const regex = new RegExp(source, 's');
        for (const line of many) {
          const found = scanned(regex, line);
          if (found) assert.deepEqual(found, regex.exec(line)?.slice(1), `${regex} on ${line}`);
        }
      }),
      { numRuns: 2000 },
    );
  });

  for (const [builtin, lines] of Object.entries(LINES)) {
    test(`takes the lines that ${builtin} is for`, () => {
      const regex = compilePattern({ builtin }).regex!;
      for (const line of lines) assert.deepEqual(scanned(regex, line), regex.exec(line)?.slice(1), line);
    });
  }

  for (const [source, line] of [
    // A part that is not there because it cannot be, and one that is there if the span before it gives something back.
    ['^(?:(a)b)?(.*)$', 'ac'],
    ['^(?:(a+)ab)?(.*)$', 'aaabc'],
    ['^(?:(a+)ab|(a)(.*))$', 'aaab'],
    ['^(?:(a)b|(a)c|())(.*)$', 'ac'],
    ['^(?:(a)b|(a)c|())(.*)$', 'ad'],
    // A span that has to give back or to take more, a shorter branch before a longer one, and a loop that ends within a round.
    ['^(.*) (\\w+)$', 'a b c'],
    ['^(.+?) (.*?)$', 'a b c'],
    ['^(?:(WARN)|(WARNING)) (.*)$', 'WARNING x'],
    ['^((?:a|b1)*)(.*)$', 'ab1b2'],
  ] as const) {
    test(`is right about ${source} on ${line}`, () => {
      const regex = new RegExp(source, 's');
      assert.deepEqual(scanned(regex, line) ?? regex.exec(line)?.slice(1), regex.exec(line)?.slice(1));
    });
  }

  test('of thousands of characters is made as well, and where two branches part far from their beginning it takes the right one', () => {
    const long = 'long'.repeat(1000);
    const regex = new RegExp(`^(?:(${long}a?)|(${long}ab))(.*)$`, 's');
    assert.deepEqual(scanned(new RegExp(`^(${long}) (.*)$`, 's'), `${long} x`), [long, 'x']);
    for (const line of [`${long}x`, `${long}ab`, `${long}abc`])
      assert.deepEqual(scanned(regex, line) ?? regex.exec(line)?.slice(1), regex.exec(line)?.slice(1));
  });

  test('tells of several groups, of which one at most takes part, in the place of the first', () => {
    const regex = /^(?:(a)(x)?|b(x)c|(c)(d)?)(.*)$/s;
    const { scan, bounds } = createScanner(regex, [[1, 4], [2, 3], [5]])!;
    const found = (line: string) => {
      assert.ok(scan(Buffer.from(line), 0, line.length), line);
      return [0, 1, 2, 5].map((group) => `${bounds[2 * group]},${bounds[2 * group + 1]}`).join(' ');
    };
    // One line after the other: nothing is left of the one before.
    assert.equal(found('axd'), '-1,-1 0,1 1,2 -1,-1');
    assert.equal(found('bxc'), '-1,-1 -1,-1 1,2 -1,-1');
    assert.equal(found('cd'), '-1,-1 0,1 -1,-1 1,2');
    assert.equal(found('a'), '-1,-1 0,1 -1,-1 -1,-1');
  });

  test('there is one for the expressions that people write', () => {
    for (const source of [
      '^(?<time>\\S+ \\S+) (?<level>[A-Z]+) +(?<msg>.*)$',
      '^%{IPORHOST:client} - %{DATA:user} \\[%{HTTPDATE:time}\\] %{QS:msg} %{INT:status}',
      '^(?<host>\\S+) \\S+ (?<user>\\S+) \\[(?<time>[^\\]]+)\\] "(?<request>[^"]*)" (?<status>\\d{3}) (?<size>\\d+|-)(?: (?<rest>.*))?$',
      '(?<time>\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d+)?) \\[(?<other>[^\\]]*)\\] (?<level>INFO|WARN|ERROR) (?<msg>.*)',
    ]) {
      const regex = compilePattern({ regex: source }).regex!;
      assert.ok(createScanner(regex), source);
    }
  });
});
