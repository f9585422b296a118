import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ConfigProblems } from '../../agent/config.ts';
import { config, input, load, problems } from './load.ts';

/** What `pattern` in the line becomes; any text with a named group arrives as it is. */
function pattern(line: string): unknown {
  return input(`[transform]\n${line}\n`).transform.pattern;
}

test('an empty file is a safe configuration that drops nothing', () => {
  const { inputs, spool } = config('');
  assert.equal(inputs[0]?.transform.unmatched, 'ship');
  assert.equal(spool.full, 'block');
});

test('a comment is a line that begins with ; or #, with white space before it or not', () => {
  assert.deepEqual(problems('; a\n# b\n  ; c\n\t# d = e\n;[nothing]\n[input]\n;path = \n#path\n'), []);
});

test('a comment may stand after white space behind a value, behind a quoted value and behind ]', () => {
  const text = "[input] ; one\nstart = end ; two\nwatch = poll\t# three\npath = '/a;b' ; four\n[log] # five\n";
  assert.deepEqual(input(text).paths, ['/a;b']);
  assert.equal(input(text).start, 'end');
  assert.equal(input(text).watch, 'poll');
});

test('a bare ; or # in an unquoted value without white space before it is an error whose cure is single quotes', () => {
  for (const sign of [';', '#']) {
    const [problem] = problems(`[input]\npath = /a${sign}b\n`);
    assert.match(problem ?? '', new RegExp(`^config\\.conf:2: .*${sign}.* single quotes`));
    assert.deepEqual(input(`[input]\npath = '/a${sign}b'\n`).paths, [`/a${sign}b`]);
  }
  assert.match(problems('[input]\npath =;x\n')[0] ?? '', /^config\.conf:2: .*single quotes/);
});

test('single-quoted values are literal, backslashes and comment signs included', () => {
  assert.deepEqual(pattern(String.raw`pattern = '(?<msg>\d+\\ ; "x" # \')'`), {
    regex: String.raw`(?<msg>\d+\\ ; "x" # \')`,
  });
});

test('double-quoted values are as literal as single-quoted ones', () => {
  assert.deepEqual(pattern(String.raw`pattern = "(?<msg>\d+\\ ; 'x' # \n)" ; comment`), {
    regex: String.raw`(?<msg>\d+\\ ; 'x' # \n)`,
  });
});

test('unquoted values keep their backslashes', () => {
  assert.deepEqual(pattern(String.raw`pattern = ^(?<msg>\d+\\)$`), { regex: String.raw`^(?<msg>\d+\\)$` });
});

test('a quoted value may hold its own quote in the middle', () => {
  assert.deepEqual(pattern(`pattern = '(?<msg>[^']*)' ; it's`), { regex: `(?<msg>[^']*)` });
});

test('quotes that are not closed, or closed too early, are errors', () => {
  assert.match(problems("[input]\npath = '/a\n")[0] ?? '', /^config\.conf:2: .* not closed\. /);
  assert.match(problems("[input]\npath = '/a' b\n")[0] ?? '', /^config\.conf:2: 'b' behind the closing '/);
  assert.match(problems("[input]\npath = '/a';b\n")[0] ?? '', /^config\.conf:2: ; stands right behind a '/);
  assert.match(problems("[input]\npath = '\n")[0] ?? '', /^config\.conf:2: .* not closed/);
});

test('two quoted texts on a line are not taken for one value', () => {
  for (const value of ["'/a' '/b'", "'/a','/b'", "'/a''b'", '"/a" , "/b" ; comment']) {
    assert.match(
      problems(`[input]\npath = ${value}\n`)[0] ?? '',
      /^config\.conf:2: this may be one value or two/,
      value,
    );
  }
});

test('quotes that do not enclose the whole value protect no comment sign, and that is said', () => {
  assert.match(problems("[input]\npath = /a 'b ; c' d\n")[0] ?? '', /^config\.conf:2: a ' stands on both sides/);
  assert.deepEqual(input("[input]\npath = /joe's ; log\n").paths, ["/joe's"]);
});

test('section names split at the first dot only', () => {
  const { inputs } = config('[input.web.front.end]\npath = /a\n[transform.web.front.end]\nunmatched = drop\n');
  assert.deepEqual(
    inputs.map(({ name, transform }) => [name, transform.unmatched]),
    [['web.front.end', 'drop']],
  );
});

test('a key may have the name that a section has behind its dot', () => {
  const text = '[input.web]\n[levels]\nweb = alert\n[levels.web]\nX = crit\n';
  assert.equal(input(text).transform.levels.get('WEB'), 1);
  assert.equal(input(text).transform.levels.get('X'), 2);
});

test('a byte order mark, CRLF and key: value are accepted', () => {
  assert.equal(input('\uFEFF[input]\r\nstart: end\r\npath:/a=b\r\n').start, 'end');
  assert.deepEqual(input('\uFEFF[input]\r\nstart: end\r\npath:/a=b\r\n').paths, ['/a=b']);
  assert.deepEqual(input('\uFEFF; first\r\n[input]\r\npath = /a:b').paths, ['/a:b']);
});

test('the first = or : ends the key, and a quoted key may hold them', () => {
  const { owners } = input("[owners]\n'std::thread = x' = local1.err\n\"it's\": local2.*\n").transform;
  assert.deepEqual(owners.get('std::thread = x'), { facility: 17, severity: 3 });
  assert.deepEqual(owners.get("it's"), { facility: 18, severity: undefined });
});

test('the words true, false and null are values like any other', () => {
  for (const word of ['true', 'false', 'null'])
    assert.deepEqual(input(`[input]\npath = /${word}\n`).paths, [`/${word}`]);
  for (const word of ['true', 'false', 'null']) {
    assert.match(problems(`[input]\nstart = ${word}\n`)[0] ?? '', new RegExp(`'${word}' is none of`));
  }
});

test('a line that cannot be read is an error with its number, wherever it stands', () => {
  const unreadable = ['y', 'path', 'path ; = x', '= x', '[input', '[input] x', '[input]]', '[', "'a' b = c", "'a = b"];
  for (const line of unreadable) {
    const found = problems(`[log]\n${line}\n`);
    assert.equal(found.length, 1, line);
    assert.match(found[0] ?? '', /^config\.conf:2: .+\. .+/, line);
  }
});

test('what stands under a section that cannot be read is not judged', () => {
  assert.deepEqual(problems('[inpt\npath = /a\nfoo = bar\n[log]\nlevel = debug\n').length, 1);
});

test('UTF-16, NUL bytes and bytes that are not UTF-8 each have their sentence', () => {
  assert.match(
    problems(Buffer.from('\uFEFF[input]\n', 'utf16le'))[0] ?? '',
    /^config\.conf:1: .*UTF-16.*Save it as UTF-8/,
  );
  assert.match(problems('[input]\npath = /a\0b\n')[0] ?? '', /^config\.conf:2: .*NUL byte/);
  const latin = Buffer.from('[input]\n; gr\xfc\xdfe\npath = /a\n', 'latin1');
  assert.match(problems(latin)[0] ?? '', /^config\.conf:2: .*not UTF-8\. Save the file as UTF-8/);
});

test('control characters, and characters that only look like a blank, are named by their code point', () => {
  assert.match(problems('[input]\npath = /a\x1b[1m\n')[0] ?? '', /^config\.conf:2: .*U\+001B/);
  assert.match(problems("[input]\npath = '/a\x07'\n")[0] ?? '', /^config\.conf:2: .*U\+0007/);
  assert.match(problems('[input]\npath\u00a0= /a\n')[0] ?? '', /^config\.conf:2: the key holds U\+00A0/);
  assert.match(
    problems('[input]\npath =\u00a0/a\n')[0] ?? '',
    /^config\.conf:2: the value holds U\+00A0.*single quotes/,
  );
  assert.deepEqual(input("[input]\npath = '/a\u00a0b'\n").paths, ['/a\u00a0b']);
});

test('characters that end a line for JavaScript or for ini are text like any other in quotes', () => {
  for (const file of ['/a\u2028b', '/a\u2029b', '/a\u0085b', '/=', '/[b]', '/"b"', '/\\u0041\\;']) {
    assert.deepEqual(input(`[input]\npath = '${file}'\n`).paths, [file]);
  }
});

test('an error shows no control character of the line it is about', () => {
  assert.ok(!problems('[log]\n\x1b]0;pwned\x07\n')[0]?.includes('\x1b'));
});

test('what the operator wrote in quotes is what arrives, whatever it is', () => {
  const value = fc
    .string({ unit: 'grapheme', minLength: 0, maxLength: 40 })
    .map((text) => text.replace(/[\0-\x1f\x7f]/g, ' '));
  fc.assert(
    fc.property(value, fc.constantFrom("'", '"'), fc.boolean(), (text, quote, comment) => {
      const literal = `(?<x>.)|${text}`;
      // The first quote behind which nothing or a comment stands is the last one: for all else there is the other kind.
      fc.pre(!new RegExp(`${quote}[ \t]*([;#,]|${quote}|$)`).test(literal));
      const text_ = `[owners]\n${quote}${text.replaceAll(quote, '')}o${quote} = local0.err\n[syslog]\nhostname = h ; x\n[transform]\npattern = ${quote}${literal}${quote}${comment ? ' ; comment' : ''}\n`;
      try {
        const { transform } = input(text_);
        assert.deepEqual(transform.pattern, { regex: literal });
        assert.deepEqual(transform.owners.get(`${text.replaceAll(quote, '')}o`), { facility: 16, severity: 3 });
      } catch (error) {
        // Most of what is drawn is no regex; then it must be the sentence about the pattern, and no other.
        if (!(error instanceof ConfigProblems)) throw error;
        assert.deepEqual(
          error.problems.map(({ line, sentence }) => [line, sentence.startsWith('pattern')]),
          [[6, true]],
        );
      }
    }),
    { numRuns: 500 },
  );
});

test('every printable path arrives as it was written, in quotes of one kind or the other', () => {
  const printable = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .map((text) => `/_${text.replace(/[\0-\x1f\x7f/.]/g, '_')}`);
  fc.assert(
    fc.property(printable, (file) => {
      const quote = /'[ \t]*([;#,']|$)/.test(file) ? '"' : "'";
      fc.pre(!new RegExp(`${quote}[ \t]*([;#,]|${quote}|$)`).test(file));
      assert.deepEqual(input(`[input]\npath[] = ${quote}${file}${quote}\npath[] = /b\n`).paths, [file, '/b']);
    }),
    { numRuns: 500 },
  );
});

test('an unquoted value without quotes and comment signs arrives as it was written, without the white space around it', () => {
  const plain = fc
    .string({ unit: fc.constantFrom(...'ab=:\\"\'[]*?$%&()_.-é中 \t') })
    .map((text) => `/${text.replace(/[/.]/g, '_')}x`);
  fc.assert(
    fc.property(plain, (file) => {
      assert.deepEqual(input(`[input]\npath =\t ${file} \n`).paths, [file]);
    }),
  );
});

test('no text makes anything but problems, and every problem has a line that exists', () => {
  const piece = fc.constantFrom(
    ...'[ ] = : ; # \' " . \\ \n \r \t \0 [] [input] [input.a] [owners] [levels.b] [syslog] [syslog.b] path start = end \uFEFF é 中'.split(
      ' ',
    ),
    ' ',
    '\n',
    '__proto__',
    'constructor',
    'target = tcp://a:1',
    '[transform]\npattern =',
  );
  const text = fc.oneof(fc.string({ unit: piece, maxLength: 60 }), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(text, (drawn) => {
      try {
        load(drawn);
      } catch (error) {
        if (!(error instanceof ConfigProblems)) throw error;
        const lines = drawn.split('\n').length;
        assert.ok(error.problems.length > 0);
        for (const { line, sentence } of error.problems) {
          assert.ok(line !== undefined && line >= 1 && line <= lines, `${line} of ${lines}: ${sentence}`);
          assert.match(sentence, /^.+[.?]$/s);
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test('no bytes make anything but problems', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const line of problems(bytes)) assert.match(line, /^config\.conf:\d+: /);
    }),
  );
});

test('a wrong value behind which a comment stands says that the comment may be a part of it', () => {
  const hint = / If what stands behind ; or # is no comment but a part of it, put the whole value in single quotes\.$/;
  assert.match(problems('[transform]\npattern = ^(\\w+ #\\d+)$\n')[0] ?? '', hint);
  assert.match(problems('[spool]\nsync = maybe ; rather not\n')[0] ?? '', hint);
  assert.doesNotMatch(problems('[spool]\nsync = maybe\n')[0] ?? '', hint);
  assert.deepEqual(problems('[spool]\nsync = full ; safe\n'), []);
});
