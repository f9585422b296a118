import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compilePattern, groupOf, type Pattern } from '../../agent/shape/pattern.ts';

const app = compilePattern({ builtin: 'app' });
const script = compilePattern({ builtin: 'script' });

const GROUPS = ['time', 'host', 'owner', 'pid', 'level', 'other', 'msg'];

/** The named groups of a match; undefined where the line does not match. */
function groups(pattern: Pattern, line: string): Record<string, string | undefined> | undefined {
  const match = pattern.match(line);
  if (!match) return undefined;
  return Object.fromEntries([...pattern.groups].map(([name, numbers]) => [name, groupOf(match, numbers)]));
}

const mostly = (good: readonly string[], other: readonly string[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constantFrom(...other) });

const rest = ['[12]', '[INFO]', '[x-y]', '[]', ' ', '[', '日志', 'text', '\r', '\u2028', '"', ':'];

/** Lines near the built-in patterns: whole ones, broken ones, and ones with characters that the patterns must not take. */
const nearLines = fc
  .tuple(
    mostly(['Jul 15', 'Jul  5', 'J_1  9'], ['July 15', 'Jul   5', 'Jül 5']),
    mostly(['11:30:35', '99:99:99'], ['1:30:35', '11:30:35.5']),
    mostly(['host', 'h_2'], ['web-1', 'a.b.c', '10.0.0.1', 'fe80::1%eth0', '::1', 'ho:st', 'host:', 'h€st', '']),
    mostly(['app', 'ecms_web'], ['my-app', 'postfix/smtpd', 'sshd(pam_unix)', 'a b', 'com.x.y', '']),
    mostly([':', ': ', ':  '], ['[12]:', '[x]:', '', '::', ':[', ' :', ':\t']),
    fc.array(fc.constantFrom(...rest), { maxLength: 8 }),
  )
  .map(([date, clock, host, owner, colon, text]) => `${date} ${clock} ${host} ${owner}${colon}${text.join('')}`);

describe('the built-in patterns', () => {
  test('whatever script takes, app takes with the same groups', () => {
    let taken = 0;
    fc.assert(
      fc.property(nearLines, (line) => {
        const expected = groups(script, line);
        if (expected === undefined) return;
        taken += 1;
        assert.deepEqual(groups(app, line), expected);
      }),
      { numRuns: 5000 },
    );
    assert.ok(taken > 500, `only ${taken} lines were taken`);
  });

  test('script has the groups of the script', () => {
    assert.deepEqual([...script.groups.keys()], GROUPS);
    assert.deepEqual(groups(script, 'Jul  5 11:30:35 host app:  [12][INFO] [x] text'), {
      time: 'Jul  5 11:30:35',
      host: 'host',
      owner: 'app',
      pid: '[12]',
      level: '[INFO]',
      other: '[x]',
      msg: 'text',
    });
  });

  test('script matches at the start of the line only, and its words are ASCII', () => {
    assert.equal(groups(script, ' Jul 15 11:30:35 host app: text'), undefined);
    assert.equal(groups(script, 'Jul 15 11:30:35 höst app: text'), undefined);
    assert.equal(groups(script, 'Jul 15 11:30:35 web-1 app: text'), undefined);
    assert.equal(groups(script, 'Jul 15 11:30:35 host app[12]: text'), undefined);
  });

  test('app matches at the start of the line only', () => {
    assert.ok(groups(app, 'Jul 15 11:30:35 web-1 app[12]: text'));
    assert.equal(groups(app, '<13>Jul 15 11:30:35 web-1 app[12]: text'), undefined);
  });

  test('msg goes to the end of the line, over CR and the line separators of Unicode', () => {
    for (const pattern of [app, script]) {
      assert.equal(groups(pattern, 'Jul 15 11:30:35 host app: a\rb\u2028c\u2029d')?.msg, 'a\rb\u2028c\u2029d');
    }
  });

  test('app takes hosts with dots, dashes and IP addresses', () => {
    for (const host of ['web-1', 'web-1.example.org', '10.0.0.1', 'fe80::1', '::1', 'fe80::1%eth0', '2001:db8::a.b']) {
      assert.equal(groups(app, `Jul 15 11:30:35 ${host} app: text`)?.host, host);
    }
    // A program and its message are no host and owner.
    assert.equal(groups(app, 'Jul 15 11:30:35 app: error: text'), undefined);
  });

  test('app takes owners as /var/log/messages has them', () => {
    const cases = [
      ['sshd[4711]: Accepted', 'sshd', '[4711]', '', 'Accepted'],
      ['systemd-logind[1]: x', 'systemd-logind', '[1]', '', 'x'],
      ['postfix/smtpd[12]: [ERROR] x', 'postfix/smtpd', '[12]', '[ERROR]', 'x'],
      ['sshd(pam_unix)[19939]: x', 'sshd(pam_unix)', '[19939]', '', 'x'],
      ['kernel: [ 12.5] x', 'kernel', '', '', '[ 12.5] x'],
      ['my.app-2: [7][WARN] x', 'my.app-2', '[7]', '[WARN]', 'x'],
    ] as const;
    for (const [rest, owner, pid, level, msg] of cases) {
      const found = groups(app, `Jul  5 11:30:35 web-1 ${rest}`);
      assert.deepEqual([found?.owner, found?.pid, found?.level, found?.msg], [owner, pid, level, msg], rest);
    }
  });

  test('on the bytes of UTF-8, one character each, they find the same bytes', () => {
    fc.assert(
      fc.property(nearLines, fc.string({ unit: 'binary', maxLength: 20 }), (line, tail) => {
        const bytes = Buffer.from((line + tail).toWellFormed());
        for (const pattern of [app, script]) {
          const narrow = groups(pattern, bytes.toString('latin1'));
          const widened =
            narrow &&
            Object.fromEntries(
              Object.entries(narrow).map(([name, text]) => [name, Buffer.from(text ?? '', 'latin1').toString()]),
            );
          assert.deepEqual(widened, groups(pattern, bytes.toString()));
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('an unknown name is refused with the known ones', () => {
    assert.throws(() => compilePattern({ builtin: 'ngnix' }), /'ngnix'.*app, script/);
  });
});

describe('own patterns', () => {
  const compile = (regex: string) => compilePattern({ regex });

  test("Python's named groups and references to them mean the same", () => {
    const pattern = compile('(?P<a>x+)-(?P<b>y)-(?P=a)');
    assert.deepEqual(groups(pattern, 'xx-y-xx'), { a: 'xx', b: 'y' });
    assert.equal(groups(pattern, '-xx-y-z'), undefined);
    assert.equal(pattern.source, '(?<a>x+)-(?<b>y)-\\k<a>');
  });

  test('the numbers of groups hold beside lookaround, classes, escapes and groups without a name', () => {
    const pattern = compile('(?<=#)(?:(z)|[(?<no>(] ?)\\((?<a>\\w)(?=.)(q)?(?<b>[)\\]]+)');
    assert.deepEqual(groups(pattern, '#( (w)])'), { a: 'w', b: ')])' });
  });

  test('where groups are referred to by number, the numbers hold', () => {
    const pattern = compile('(a|b)(?<x>.)\\1(?<y>\\2)');
    assert.deepEqual(groups(pattern, 'b-b-'), { x: '-', y: '-' });
    assert.equal(groups(pattern, 'b-a-'), undefined);
  });

  test('a name may stand in several alternatives', () => {
    const pattern = compile('^(?:<(?<n>\\w+)>|\\((?<n>\\w+)\\)) \\k<n>$');
    assert.deepEqual(groups(pattern, '<one> one'), { n: 'one' });
    assert.deepEqual(groups(pattern, '(two) two'), { n: 'two' });
    assert.equal(groups(pattern, '(two) one'), undefined);
  });

  test('they match anywhere in the line', () => {
    assert.deepEqual(groups(compile('(?<n>\\d+)'), 'abc 12'), { n: '12' });
  });

  test('groups come out as V8 names them, whatever the expression', () => {
    const pieces = fc.constantFrom(
      '(',
      '(?:',
      '(?<a>',
      '(?<b>',
      ')',
      'x',
      'y',
      '|',
      '*',
      '+?',
      '[xy]',
      '[^(]',
      '\\(',
      '.',
      '?',
      '\\1',
      '\\k<a>',
    );
    let compiled = 0;
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 12 }),
        fc.string({ unit: fc.constantFrom('x', 'y', '(', 'z'), maxLength: 8 }),
        (parts, line) => {
          const source = parts.join('');
          let expected: RegExp;
          try {
            expected = new RegExp(source, 's');
          } catch {
            assert.throws(() => compile(source), Error);
            return;
          }
          compiled += 1;
          assert.deepEqual(
            groups(compile(source), line),
            expected.exec(line) ? { ...expected.exec(line)?.groups } : undefined,
          );
        },
      ),
      { numRuns: 5000 },
    );
    assert.ok(compiled > 100, `only ${compiled} expressions compiled`);
  });

  test('one that does not compile is shown with the place where it goes wrong', () => {
    const cases = [
      ['a**b', /Nothing to repeat at character 3: a\* >>> \*b$/],
      ['x(?P<y>abc', /Unterminated group at character 2: x >>> \(\?P<y>abc$/],
      ['a[b-a]c', /Range out of order.* at character 5: a\[b- >>> a\]c$/],
      ['abc)d', /Unmatched '\)' at character 4: abc >>> \)d$/],
      ['a(b[cd', /Unterminated character class at character 4: a\(b >>> \[cd$/],
      ['ab\\', /at character 3: ab >>> \\$/],
    ] as const;
    for (const [source, message] of cases) assert.throws(() => compile(source), { message });
  });
});

describe('backtracking', () => {
  const hostile = (unit: number) => `
    import { compilePattern } from ${JSON.stringify(new URL('../../agent/shape/pattern.ts', import.meta.url).href)};
    const { match } = compilePattern({ regex: '^(?<all>(\\\\w+\\\\s?)*)$' });
    process.stdout.write(String(match('${'word '.repeat(unit)}!')));
  `;

  test('a pattern that would take longer than the world lasts comes to its end by the linear engine', () => {
    // Without the engine, 200 words take more steps than can be counted; the limit only ends a test that failed.
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', hostile(200)], { timeout: 60_000 });
    assert.equal(child.signal, null, 'the match did not end');
    assert.equal(child.stdout.toString(), 'null', child.stderr.toString());
  });
});
