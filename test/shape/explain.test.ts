import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { explainMismatch, mismatchInWords } from '../../agent/shape/explain.ts';
import { compilePattern } from '../../agent/shape/pattern.ts';

function explain(pattern: Parameters<typeof compilePattern>[0], line: string): string | undefined {
  const { source, flags } = compilePattern(pattern);
  const mismatch = explainMismatch(source, flags, line);
  return mismatch && mismatchInWords(mismatch);
}

const app = (line: string) => explain({ builtin: 'app' }, line);
const own = (regex: string, line: string) => explain({ regex }, line);

test('a line that matches has nothing to explain', () => {
  assert.equal(app('Nov 23 10:00:00 web-1 app[12]: [WARN] disk full'), undefined);
});

for (const [line, words] of [
  [
    '2026-11-23 10:00:00 status installed x',
    'behind "2026" the pattern expects a blank at column 5 (in (?<time>…)), but there is "-11-23 10:00:00 status …"',
  ],
  ['{"a":1}', 'at the start of the line the pattern expects (?<time>…), but there is \'{"a":1}\''],
  [
    'Nov 23 10:00:00 my_host$ sshd[12]: x',
    '(?<host>…) took "my_host", then the pattern expects a blank at column 24, but there is "$ sshd[12]: x"',
  ],
  [
    'Nov 23 10:00:00 host sshd [12]: x',
    '(?<owner>…) took "sshd", then the pattern expects ":" or (?<pid>…) at column 26, but there is " [12]: x"',
  ],
  [
    'Nov 23 10:00:00',
    '(?<time>…) took "Nov 23 10:00:00", then the pattern expects a blank at column 16, but the line ends',
  ],
  ['', 'at the start of the line the pattern expects (?<time>…), but the line ends'],
] as const) {
  test(`the built-in pattern says how far it got on ${JSON.stringify(line)}`, () => {
    assert.equal(app(line), words);
  });
}

test('a column counts characters, not code units', () => {
  assert.match(own('^😀é(?<a>\\d)', '😀éx')!, /at column 3, but there is "x"$/);
});

test('a pattern that may begin anywhere and begins nowhere says so', () => {
  assert.equal(
    own('(?<level>ERROR|WARN) (?<msg>.*)', 'INFO hello E'),
    'nowhere in the line is there what the pattern begins with: (?<level>…)',
  );
  assert.equal(
    own('(?<level>ERROR|WARN): (?<msg>.*)', 'x ERROR hello E'),
    '(?<level>…) took "ERROR", then the pattern expects ": " at column 8, but there is " hello E"',
  );
});

test('what is sought behind anything at all is not said to be missing at one place', () => {
  assert.equal(
    own('"level":"(?<level>\\w+)".*"msg":"(?<msg>[^"]*)"', '{"level":"info","message":"x"}'),
    'behind \'"level":"info"\', from column 16 on, there is nowhere \'"msg":"\'',
  );
});

test('of several alternatives the one that gets furthest is told', () => {
  assert.match(
    own('^(?:a=(?<a>\\d+)|b=(?<b>\\d+);)', 'b=12,')!,
    /^\(\?<b>…\) took "12", then the pattern expects ";" at column 5/,
  );
});

test('escapes, classes and counted pieces are kept whole', () => {
  assert.match(
    own('^\\[(?<a>[^\\]]+)\\]\\.\\d{2}(?<b>x)$', '[a(].1x')!,
    /expects \\d\{2\} at column 6, but there is "1x"/,
  );
});

test('a reference to a group is no reason to fail', () => {
  assert.match(
    own('^(?<q>["\'])(?<a>\\w+)\\k<q>;$', '"word\';')!,
    /^\(\?<a>…\) took "word", then the pattern expects \\k<q> at column 6/,
  );
});

test('whatever pattern and line, it ends, and points into the line', () => {
  const piece = fc.constantFrom('a', '\\d+', '(?:b|c)', '[xy]*', '(d)?', '.', '.*', '(?<n>e+)', '\\.', '^', '|', ' ');
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 8 }),
      fc.string({ unit: fc.constantFrom(...'abcde1xy. ') }),
      (pieces, line) => {
        const source = pieces.filter((one, i) => one !== '(?<n>e+)' || pieces.indexOf(one) === i).join('');
        const mismatch = explainMismatch(source, 's', line);
        assert.equal(mismatch === undefined, new RegExp(source, 's').test(line));
        if (!mismatch) return;
        assert.ok(mismatch.column >= 1 && mismatch.column <= line.length + 1);
        assert.equal(line.slice(mismatch.column - 1), mismatch.found);
        assert.ok(mismatchInWords(mismatch).length > 0);
      },
    ),
  );
});

test('a very long line costs no more than its beginning', () => {
  const mismatch = explainMismatch('^(?<a>x+)y', 's', 'x'.repeat(1_000_000));
  assert.ok(mismatch && mismatch.matched.length <= 4096);
});
