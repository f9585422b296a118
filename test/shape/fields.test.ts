import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { jsonOf, LEVELS, shapeText } from './shaped.ts';

const shaped = (builtin: string, line: string, setup: Parameters<typeof shapeText>[1] = {}) =>
  shapeText(`${line}\n`, { ...setup, transform: { pattern: { builtin }, ...setup?.transform } });
const head = (message: string) => message.slice(0, message.indexOf(' ['));

describe('json', () => {
  test('a header is made of the usual keys, and all others are members as they are', () => {
    const [message] = shaped(
      'json',
      '{"time":"2026-11-03T10:00:00.5Z","level":"warn","message":"disk \\"full\\"","host":"web1","service":"shop","pid":12,"n":12345678901234567890,"ok":true,"none":null,"ctx":{"a": [1,"x"]},"text":"é\\n"}',
    );
    assert.equal(head(message!), '<12>1 2026-11-03T10:00:00.5Z web1 shop 12 -');
    assert.equal(
      message!.slice(message!.indexOf('] {') + 2),
      '{"CTX":{"a": [1,"x"]},"LEVEL":"warn","MSG":"disk \\"full\\"","N":12345678901234567890,"NONE":null,"OK":true,"TEXT":"é\\n"}',
    );
  });

  test('levels are those of pino and bunyan where they are numbers, and times may be epochs', () => {
    const [message] = shaped('json', '{"level":50,"time":1795341600123,"name":"api","hostname":"h","pid":7,"msg":"x"}');
    assert.equal(head(message!), '<11>1 2026-11-22T10:00:00.123Z h api 7 -');
    assert.deepEqual(jsonOf(message!), { LEVEL: '50', MSG: 'x' });
  });

  test('a key whose value will not do leaves its place to the next, and stays a member', () => {
    const [message] = shaped(
      'json',
      '{"time":0.25,"ts":"2026-11-03T10:00:00Z","level":{"n":1},"severity":"ERROR","msg":"","message":"y"}',
    );
    assert.equal(head(message!), '<11>1 2026-11-03T10:00:00Z agent app - -');
    assert.deepEqual(jsonOf(message!), {
      LEVEL: 'ERROR',
      LEVEL_: { n: 1 },
      MSG: 'y',
      MSG_: '',
      TIME_: 0.25,
    } as unknown);
  });

  test('names that differ in nothing but case, and names that mean something else, are all kept', () => {
    const [message] = shaped('json', '{"id":1,"ID":2,"Id":3,"pri":"x","cut":4,"a b":5,"msg":"m"}');
    assert.deepEqual(jsonOf(message!), { ID: 1, ID_: 2, ID__: 3, PRI_: 'x', CUT_: 4, 'A B': 5, MSG: 'm' } as unknown);
  });

  test('any object comes out with every value that it had, and nothing in it forges a frame', () => {
    // The keys of the header have one of their own in them, so that no value goes there.
    const key = fc.string({ unit: 'binary', maxLength: 6 }).map((text) => `_${text}`);
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue(), { minKeys: 1, maxKeys: 6 }), (object) => {
        const [message = '', ...more] = shaped('json', JSON.stringify(object));
        assert.deepEqual(more, []);
        assert.ok(
          [...message].every((char) => char >= ' ' && char !== '\x7f'),
          message,
        );
        const json = JSON.parse(message.slice(message.indexOf('] {') + 2)) as Record<string, unknown>;
        const values = (all: object) =>
          Object.values(all)
            .map((value) => JSON.stringify(value))
            .sort();
        assert.deepEqual(values(json), values({ ...object, MSG: '' }));
      }),
      { numRuns: 1000 },
    );
  });

  test('what is no object is not matched', () => {
    for (const line of ['[1]', '"x"', '{"a":1', 'x {"a":1}', '{"a":1} x']) {
      assert.deepEqual(jsonOf(shaped('json', line)[0]!.replace(/^.*?\] /, '')), { MSG: line }, line);
      assert.deepEqual(shaped('json', line, { transform: { unmatched: 'drop' } }), [], line);
    }
  });

  test('in parts, members that are no strings lose nothing, or become strings', () => {
    const object = { msg: 'm'.repeat(900), n: 5, big: Array.from({ length: 300 }, (_, i) => i) };
    const messages = shaped('json', JSON.stringify(object), { record: { chunk: 600 } });
    assert.ok(messages.length > 1);
    assert.equal(messages.map((message) => jsonOf(message).MSG).join(''), object.msg);
    for (const message of messages) {
      const { N, BIG, CUT } = jsonOf(message) as unknown as { N: number; BIG: string; CUT: string };
      assert.deepEqual([N, CUT, typeof BIG], [5, '1', 'string']);
      assert.ok(JSON.stringify(object.big).startsWith(BIG));
    }
  });

  test('json = names chooses members, and the form of the script has its own keys alone', () => {
    const line = '{"msg":"m","level":"info","a":1,"b":2}';
    assert.deepEqual(jsonOf(shaped('json', line, { record: { json: ['MSG', 'B'] } })[0]!), {
      MSG: 'm',
      B: 2,
    } as unknown);
    const [script] = shaped('json', line, { record: { format: 'script' } });
    assert.equal(script, '<14>{"HEADER": "", "MSG": "m", "OWNER": "", "PID": "", "PRI": "14"}');
  });
});

describe('logfmt', () => {
  test('pairs, quoted values and flags', () => {
    const [message] = shaped(
      'logfmt',
      'ts=2026-11-03T10:00:00Z level=error app=web pid=3 msg="it \\"broke\\"\\n\\u00e9" code=500 empty= retry path=/a?b=c',
    );
    // A `=` in a value without quotes belongs to it.
    assert.equal(head(message!), '<11>1 2026-11-03T10:00:00Z agent web 3 -');
    assert.deepEqual(jsonOf(message!), {
      ...{ CODE: '500', EMPTY: '', LEVEL: 'error', MSG: 'it "broke"\né', PATH: '/a?b=c' },
      RETRY: true as unknown as string,
    });
  });

  test('what does not begin with a pair is not matched', () => {
    for (const line of ['authentication failure; logname= uid=0', 'a="b', 'x', '=y', 'a="b"c=d']) {
      assert.deepEqual(shaped('logfmt', line, { transform: { unmatched: 'drop' } }), [], line);
    }
  });
});

test('levels that are numbers are those of the preset', () => {
  const of = (builtin: string, line: string) =>
    Number(/^<(\d+)>/.exec(shaped(builtin, line, { transform: { levels: LEVELS } })[0]!)?.[1]) & 7;
  assert.equal(of('json', '{"level":30,"msg":"x"}'), 6);
  assert.equal(of('json', '{"level":3,"msg":"x"}'), 3);
  assert.equal(of('python', '2026-11-03 10:00:00,123 30 app: x'), 4);
  assert.equal(of('logfmt', 'level=3 msg=x'), 3);
});
