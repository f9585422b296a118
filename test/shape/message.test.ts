import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readIdentity } from '../../agent/wire/identity.ts';
import { readRfc3164 } from '../../agent/wire/rfc3164.ts';
import { readRfc5424 } from '../../agent/wire/rfc5424.ts';
import { GEN, jsonOf, type Setup, shapeText } from './shaped.ts';

const LINE = 'Jul  5 11:30:35 web-1 app: [12][WARN] [req] text\n';
const one = (content: string | Buffer, setup?: Setup): string => {
  const messages = shapeText(content, setup);
  assert.equal(messages.length, 1);
  return messages[0]!;
};
const own = (regex: string): Setup => ({ transform: { pattern: { regex } } });

describe('rfc5424', () => {
  test('a line becomes a header, the identity element and JSON', () => {
    const element = `[tail@32473 f="${GEN}" at="0" len="${LINE.length}"]`;
    const json = '{"LEVEL":"WARN","MSG":"text","OTHER":"req"}';
    assert.equal(one(LINE), `<12>1 2024-07-05T11:30:35Z web-1 app 12 - ${element} ${json}`);
  });

  test('what matched nothing is left out of the JSON, save MSG', () => {
    assert.match(one('Jul  5 11:30:35 host app:\n'), / host app - - \[[^\]]*\] \{"MSG":""\}$/);
  });

  test('text beyond ASCII stands as it is, control characters are escaped', () => {
    const line = 'Jul  5 11:30:35 host app: 日志 😀 \u2028 "q" \\ \t \x00 \x1b \x7f \r|';
    const message = one(`${line}\n`);
    assert.ok(message.endsWith('{"MSG":"日志 😀 \u2028 \\"q\\" \\\\ \\t \\u0000 \\u001b \\u007f \\r|"}'), message);
  });

  test('with json = all the five keys of the script stand there too', () => {
    assert.deepEqual(jsonOf(one(LINE, { record: { json: 'all' } })), {
      ...{ HEADER: 'Jul  5 11:30:35 web-1', LEVEL: 'WARN', MSG: 'text', OTHER: 'req' },
      ...{ OWNER: 'app', PID: '12', PRI: '12' },
    });
    assert.ok(
      one('x\n', { record: { json: 'all' } }).endsWith('{"HEADER":"","MSG":"x","OWNER":"","PID":"","PRI":"14"}'),
    );
  });

  test('a list of names chooses the keys', () => {
    assert.ok(
      one(LINE, { record: { json: ['PID', 'HOST', 'MSG', 'NONE'] } }).endsWith(
        ' {"HOST":"web-1","MSG":"text","PID":"12"}',
      ),
    );
    assert.ok(one(LINE, { record: { json: ['LEVEL', 'PRI'] } }).endsWith(' {"LEVEL":"WARN","PRI":"12"}'));
    assert.ok(one('Jul  5 11:30:35 host app: x\n', { record: { json: ['LEVEL'] } }).endsWith(' {}'));
  });

  test("groups of one's own are keys in upper case", () => {
    const json = jsonOf(one('GET 200 a\n', own('^(?<verb>\\w+) (?P<status>\\d+) (?<level>\\w)(?<none>x)?')));
    assert.deepEqual(json, { LEVEL: 'a', MSG: 'GET 200 a', STATUS: '200', VERB: 'GET' });
  });

  test('keys beyond ASCII are written as text', () => {
    assert.ok(one('12\n', own('(?<größe>\\d+)')).endsWith(' {"GRÖSSE":"12","MSG":"12"}'));
  });
});

describe('rfc3164', () => {
  const setup = { record: { format: 'rfc3164' } } as const;

  test('a line becomes timestamp, host, tag and JSON', () => {
    assert.equal(one(LINE, setup), '<12>Jul  5 11:30:35 web-1 app[12]: {"LEVEL":"WARN","MSG":"text","OTHER":"req"}');
    assert.equal(one('Jul  5 11:30:35 host app: x\n', setup), '<14>Jul  5 11:30:35 host app: {"MSG":"x"}');
  });

  test('what would end the tag becomes _', () => {
    const message = one('a:b[1] x\n', { ...setup, ...own('^(?<owner>\\S+) (?<msg>.*)') });
    assert.match(message, / agent a_b_1_: \{"MSG":"x","OWNER":"a:b\[1\]"\}$/);
    assert.equal(readRfc3164(message)?.appName, 'a_b_1_');
  });
});

describe('header fields', () => {
  const setup = own('^(?<host>[^|]*)\\|(?<owner>[^|]*)\\|(?<pid>[^|]*)\\|(?<msg>.*)');

  test('are printable ASCII without blanks; the JSON carries what was changed', () => {
    const message = one('hö st|a b|[1 2]|x\n', setup);
    assert.match(message, / h__st a_b 1_2 - /);
    assert.deepEqual(jsonOf(message), { HOST: 'hö st', MSG: 'x', OWNER: 'a b', PID: '1 2' });
  });

  test('are cut to 255, 48 and 128 characters', () => {
    const message = one(`${'h'.repeat(300)}|${'o'.repeat(300)}|${'p'.repeat(300)}|x\n`, setup);
    const record = readRfc5424(message);
    assert.deepEqual([record?.hostname.length, record?.appName.length, record?.procid.length], [255, 48, 128]);
    assert.equal(jsonOf(message).OWNER, 'o'.repeat(300));
  });

  test('where the line has none, are the stand-ins', () => {
    const record = readRfc5424(one('|||x\n', setup));
    assert.deepEqual([record?.hostname, record?.appName, record?.procid], ['agent', 'app', '-']);
  });

  test('no line can forge a frame or another record', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('rfc5424', 'rfc3164', 'script'), (text, format) => {
        const line = text.replaceAll('\n', '\x01');
        if (line.replace(/\r$/, '') === '') return;
        for (const message of shapeText(`${line}\n`, { ...setup, record: { format, json: 'all' } })) {
          assert.doesNotMatch(message, /[\x00-\x1f\x7f]/);
          if (format !== 'rfc5424') continue;
          const record = readRfc5424(message);
          assert.equal(readIdentity(record!.sd[0]!)?.gen, GEN);
          assert.equal(JSON.parse(record!.msg).PRI, '14');
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a line that the pattern does not match', () => {
  test('is shipped whole with stand-ins for all that it lacks', () => {
    const element = `[tail@32473 f="${GEN}" at="0" len="16"]`;
    assert.equal(
      one('no "log"\tl\u00efne \n'),
      `<14>1 2024-07-15T12:00:00.000Z agent app - - ${element} {"MSG":"no \\"log\\"\\tl\u00efne "}`,
    );
  });

  test('has the name of the input as APP-NAME, else that of the file up to its first dot', () => {
    const named = { input: { name: 'web', named: true } };
    assert.equal(readRfc5424(one('x\n', named))?.appName, 'web');
    const of = (path: string) => readRfc5424(one('x\n', { context: { path } }))?.appName;
    assert.equal(of('/var/log/my.app.log'), 'my');
    assert.equal(of('/var/log/messages'), 'messages');
    assert.equal(of('/var/log/.hidden.log'), 'hidden');
    assert.equal(of('/var/log/dienst-ä.log'), 'dienst-_');
  });
});

describe('bytes that are not UTF-8', () => {
  test('become U+FFFD', () => {
    const message = one(Buffer.from('Jul  5 11:30:35 host app: a\xff\xc3(b\n', 'latin1'));
    assert.ok(message.endsWith('{"MSG":"a\ufffd\ufffd(b"}'));
  });

  test('in one line do not change another', () => {
    const lines = Buffer.concat([Buffer.from('日志 a\n'), Buffer.from('b\xff\n', 'latin1'), Buffer.from('c \ufffd\n')]);
    assert.deepEqual(
      shapeText(lines).map((message) => jsonOf(message).MSG),
      ['日志 a', 'b\ufffd', 'c \ufffd'],
    );
  });
});

test('whatever the way a line takes through the shaper, its record is the same', () => {
  // An own pattern goes by characters, a built-in one by bytes; another line of the chunk decides whether all is ASCII.
  const regex =
    '^(?<time>\\w+ ( )?\\d+ \\d{2}:\\d{2}:\\d{2}) (?<host>\\w+) (?<owner>\\w+):( +)?(?<pid>(\\[\\d+\\])?)(?<level>(\\[\\w+\\])?) ?(?<other>(\\[\\w+\\])?) ?(?<msg>(.*))';
  const texts = fc.string({
    unit: fc.constantFrom('a', ' ', '"', '\\', '\t', '日', 'é', '😀', '[', ']'),
    maxLength: 30,
  });
  fc.assert(
    fc.property(
      fc.array(texts, { minLength: 1, maxLength: 6 }),
      fc.constantFrom('rfc5424', 'rfc3164', 'script'),
      (messages, format) => {
        const lines = messages.map((text, i) =>
          i % 3 === 2 ? `x${text}` : `Jul  5 11:30:35 host app: [1][INFO] ${text}`,
        );
        const content = Buffer.from(`${lines.join('\n')}\n`);
        const record = { format, json: 'all' } as const;
        const byBytes = shapeText(content, { record, transform: { pattern: { builtin: 'script' } } });
        const byCharacters = shapeText(content, { record, transform: { pattern: { regex } } });
        assert.deepEqual(byBytes, byCharacters);
        const broken = Buffer.concat([content, Buffer.from([0x78, 0xff, 0x0a])]);
        assert.deepEqual(
          shapeText(broken, { record, transform: { pattern: { builtin: 'script' } } }).slice(0, -1),
          byBytes,
        );
      },
    ),
    { numRuns: 300 },
  );
});
