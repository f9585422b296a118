import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { learnJson, learnLogfmt } from '../../agent/shape/learn.ts';
import { compilePattern } from '../../agent/shape/pattern.ts';
import { createWays } from '../../agent/shape/ways.ts';
import type { RedactRule } from '../../agent/types.ts';
import { chunkOf, contextOf, NOON, partsOf, type Setup, shaperOf } from './shaped.ts';

/** What an outline takes of a line, by key; a value that is no string as it is written. */
function taken(outline: ReturnType<typeof learnJson>, line: string): Record<string, string> | undefined {
  const found = outline && new RegExp(outline.source, 's').exec(line);
  if (!found) return undefined;
  const groupOf = (name: string) =>
    outline.groups
      .get(name)
      ?.map((number) => found[number])
      .join('') ?? '';
  const header = ['time', 'host', 'owner', 'pid', 'level', 'msg'].map((name) => [name, groupOf(name)] as const);
  const members = outline.members.map((one) => [one.key, 'text' in one ? one.text : groupOf(one.group)] as const);
  return Object.fromEntries([...header, ...members].filter(([, value]) => value !== ''));
}

describe('the outline of a line', () => {
  const json = '{"ts":"2026-07-15T11:30:35Z", "level":30, "msg":"a \\"b\\"", "user":"u1", "n":{"a":[1,true]}}';
  test('takes a line of JSON with the same keys apart', () => {
    assert.deepEqual(taken(learnJson(json), json), {
      ...{ time: '2026-07-15T11:30:35Z', level: '30', msg: 'a \\"b\\"', USER: '"u1"', N: '{"a":[1,true]}' },
    });
    const other = '{"ts":"x", "level":5, "msg":"日\\u001b[0m", "user":null, "n":{"a":["日",-1.5e3]}}';
    const fields = { time: 'x', level: '5', msg: '日\\u001b[0m', USER: 'null', N: '{"a":["日",-1.5e3]}' };
    assert.deepEqual(taken(learnJson(json), other), fields);
  });

  const logfmt = 'ts=2026-07-15T11:30:35Z level=info msg="a \\"b\\"" user=u1 flag n=';
  test('takes a line of logfmt with the same keys apart', () => {
    assert.deepEqual(taken(learnLogfmt(logfmt), logfmt), {
      ...{ time: '2026-07-15T11:30:35Z', level: 'info', msg: 'a \\"b\\"', USER: 'u1', FLAG: 'true' },
    });
    const other = 'ts=x level="in fo" msg=b user="日 \\n" flag n="1"';
    const fields = { time: 'x', level: 'in fo', msg: 'b', USER: '日 \\n', FLAG: 'true', N: '1' };
    assert.deepEqual(taken(learnLogfmt(logfmt), other), fields);
  });

  test('takes what stands within a value only where it has the same keys', () => {
    const nested = learnJson('{"n":{"a":"b","c d":["e",{"f":"g"}]}}');
    const like = '{"n":{"a":1,"c d":["\\n",{"f":null}]}}';
    assert.deepEqual(taken(nested, like), { N: like.slice(5, -1) });
    for (const other of [
      '{"n":{"b":1,"c d":[2,{"f":3}]}}',
      '{"n":{"a1b","c d":[2,{"f":3}]}}',
      '{"n":{"a":1,"c d":[2,3]}}',
    ])
      assert.equal(taken(nested, other), undefined, other);
  });

  for (const [what, line] of [
    ['another order of the keys', '{"level":30, "ts":"x", "msg":"a", "user":"u1", "n":{"a":[1,true]}}'],
    ['a value that the header cannot have', '{"ts":"x", "level":null, "msg":"a", "user":"u1", "n":{"a":[1,true]}}'],
    ['an empty message', '{"ts":"x", "level":30, "msg":"", "user":"u1", "n":{"a":[1,true]}}'],
    ['a number that is none', '{"ts":"x", "level":030, "msg":"a", "user":"u1", "n":{"a":[1,true]}}'],
    ['an escape that is written otherwise', '{"ts":"x", "level":30, "msg":"\\u001B", "user":"u1", "n":{"a":[1,true]}}'],
    ['half of a surrogate pair', '{"ts":"x", "level":30, "msg":"a", "user":"\\ud83d", "n":{"a":[1,true]}}'],
    ['a control character', '{"ts":"x", "level":30, "msg":"a", "user":"\x7f", "n":{"a":[1,true]}}'],
    ['more behind the object', '{"ts":"x", "level":30, "msg":"a", "user":"u1", "n":{"a":[1,true]}} x'],
  ] as const)
    test(`does not take one with ${what}`, () => assert.equal(taken(learnJson(json), line), undefined));

  for (const [what, line] of [
    ['a key twice', '{"a":1,"a":2}'],
    ['a value that a later name of the same field had to make up for', '{"msg":"","message":"x"}'],
    ['a value that the header cannot have', '{"level":null,"a":1}'],
    ['a key beyond ASCII', '{"é":1}'],
    [
      'more values than are kept',
      JSON.stringify(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, i]))),
    ],
    ['more values within a value', `{"a":[${new Array(65).fill(1)}]}`],
    ['too much text', `{"a":"${'x'.repeat(5000)}"}`],
    ['no object', '[1]'],
  ] as const)
    test(`is not learnt from one with ${what}`, () => assert.equal(learnJson(line), undefined));
});

/** Whether a line has a way of bytes. */
function finder(builtin: string): (line: string) => boolean {
  const ways = createWays({ pattern: compilePattern({ builtin }), record: partsOf().record, pieces: [] })!;
  return (line) => ways.find(Buffer.from(line), 0, Buffer.byteLength(line)) !== undefined;
}

test('a way is learnt from a line that could go on none, and is gone by those that are like it', () => {
  const find = finder('json');
  let lines = 0;
  while (!find('{"a":1}') && lines < 1000) lines += 1;
  assert.ok(lines > 100 && lines < 1000, `after ${lines} lines`);
  assert.ok(!find('{"b":1}'));
  assert.ok(find('{"a":"x"}'));
});

test('where hardly any line has a way none is tried for some time', () => {
  const find = finder('json');
  for (let i = 0; i < 300; i += 1) find('{"a":1}');
  assert.ok(find('{"a":1}'));
  let lines = 0;
  while (find('{"a":1}') && lines < 10_000) for (let i = 0; i < 100; i += 1) lines += Number(!find(`{"k${lines}":1}`));
  assert.ok(lines < 10_000);
  while (!find('{"a":1}') && lines < 50_000) lines += 1;
  assert.ok(lines > 5000 && lines < 50_000, `after ${lines} lines`);
});

test('ways that are gone no more make room, however often they were gone', () => {
  const ways = createWays({ pattern: compilePattern({ builtin: 'json' }), record: partsOf().record, pieces: [] })!;
  const bytes = Array.from({ length: 11 }, (_, i) => Buffer.from(`{"k${i}":1}`));
  const find = (i: number) => ways.find(bytes[i]!, 0, bytes[i]!.length) !== undefined;
  const old = [0, 1, 2, 3, 4, 5, 6, 7];
  for (const i of old) while (!find(i));
  for (let n = 0; n < 300_000; n += 1) for (const i of old) find(i);
  let lines = 0;
  while (![8, 9, 10].map(find).every(Boolean) && lines < 3_000_000) lines += 3;
  assert.ok(lines < 3_000_000);
});

test('a wrapped line has a way where it is whole, and Docker has not written what is in it otherwise', () => {
  const time = '2026-07-15T11:30:35.123456789Z';
  const within = (log: string) => `{"log":"${log}","stream":"stdout","time":"${time}"}`;
  const ways: [builtin: string, line: string, has: boolean][] = [
    ['cri', `${time} stderr F a "b"`, true],
    ['cri', `${time} stderr P a "b"`, false],
    ['cri/app', `${time} stderr F Jul 15 11:30:35 host app: text`, true],
    ['cri/app', `${time} stderr F text`, false],
    ['docker-json', within('a \\"b\\"\\n'), true],
    ['docker-json', within('a \\u001B\\n'), false],
    ['docker-json', within('a'), false],
    ['docker-json', within('a\\r\\n'), false],
    ['docker-json/app', within('Jul 15 11:30:35 host app: text\\n'), true],
    ['docker-json/app', within('Jul 15 11:30:35 host app: \\"text\\"\\n'), false],
  ];
  for (const [builtin, line, has] of ways) assert.equal(finder(builtin)(line), has, line);
});

const KEYS = ['time', 'ts', 'level', 'msg', 'message', 'host', 'service', 'pid', 'user', 'User', 'ms', 'stream', 'z'];
const VALUES = [
  ...[
    '"2026-07-15T11:30:35.123456789Z"',
    '"2026-07-15 11:30:36"',
    '"no time"',
    '1784109035',
    '"INFO"',
    '30',
    '"web-1"',
  ],
  ...[
    '"a b"',
    '""',
    '0',
    '-1.5e+3',
    'true',
    'null',
    '"日\\n\\"x\\" 😀"',
    '"\\u001b[0m"',
    '"\\u001B"',
    '"\\/"',
    '"\\ud83d"',
  ],
  ...[
    '"\x7f"',
    '{"a":[1,"x"]}',
    '{"a":[]}',
    '[]',
    '"[x]"',
    '01',
    '"',
    ' 5',
    `"${'x'.repeat(60)}"`,
    '"\\u0041"',
    '"a\\\\"',
  ],
];
const texts = fc.constantFrom(
  'a',
  'a b',
  '',
  '日',
  '"',
  '\\',
  '\\n',
  '\x01',
  '\x7f',
  '\u2028',
  '[x]',
  'k=v',
  '{"a":1}',
);
/** Lines of the same keys, of which the first stands for the many from which a way is learnt. */
const jsonLines = fc
  .tuple(fc.uniqueArray(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 6 }), fc.constantFrom(':', ': '))
  .chain(([keys, colon]) => {
    const line = fc
      .tuple(...keys.map(() => fc.constantFrom(...VALUES)))
      .map((values) => `{${keys.map((key, i) => `"${key}"${colon}${values[i]}`).join(',')}}`);
    return fc.array(line, { minLength: 2, maxLength: 12 });
  });
const logfmtLines = fc.uniqueArray(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 6 }).chain((keys) => {
  const values = [
    '2026-07-15T11:30:35Z',
    '"a b"',
    'x',
    '""',
    '',
    '日',
    '"日\\n\\"\\t"',
    '"\\x41"',
    'a\\b',
    '30',
    '"\x7f"',
    '\xa0',
  ];
  const line = fc
    .tuple(...keys.map(() => fc.constantFrom(...values)))
    .map((all) => keys.map((key, i) => `${key}=${all[i]}`).join(' '));
  return fc.array(line, { minLength: 2, maxLength: 12 });
});
const appLines = fc.array(
  fc.tuple(fc.constantFrom(': ', '[1]: ', ' '), texts).map((parts) => `Jul 15 11:30:35 host app${parts.join('')}`),
  { minLength: 2, maxLength: 12 },
);
const textLines = fc.array(texts, { minLength: 2, maxLength: 12 });
const wrapped = (lines: fc.Arbitrary<string[]>, wrap: (line: string, time: string, tag: string) => string) =>
  fc
    .tuple(lines, fc.constantFrom('2026-07-15T11:30:35.123456789Z', 'no-time'), fc.constantFrom('F', 'F', 'P', 'F:x'))
    .chain(([inner, time, tag]) =>
      fc.constant(
        inner.map((line, i) => wrap(line, i % 2 === 0 ? time : time.replace('35', '36'), i === 3 ? tag : 'F')),
      ),
    );
const cri = (line: string, time: string, tag: string) => `${time} stdout ${tag} ${line}`;
const docker = (line: string, time: string, tag: string) =>
  JSON.stringify({ log: `${line}${tag === 'F' ? '\n' : '\r\n'}`, stream: 'stderr', time });

const CASES: Readonly<Record<string, fc.Arbitrary<string[]>>> = {
  json: jsonLines,
  logfmt: logfmtLines,
  cri: wrapped(textLines, cri),
  'cri/json': wrapped(jsonLines, cri),
  'cri/app': wrapped(appLines, cri),
  'docker-json': wrapped(textLines, docker),
  'docker-json/app': wrapped(appLines, docker),
};
const setups = fc.record({
  transform: fc.record({
    unmatched: fc.constantFrom('ship', 'drop', 'join'),
    fields: fc.constantFrom(new Map(), new Map([['STREAM', ['own']]])),
  }),
  record: fc.record({
    chunk: fc.constantFrom(0, 0, 250),
    json: fc.constantFrom<'own' | string[]>('own', 'own', ['level', 'msg', 'STREAM'], ['USER']),
  }),
}) satisfies fc.Arbitrary<Setup>;
/** It never replaces anything; but where something may be, no line goes on a way of bytes. */
const LONG = { rules: new Map<string, RedactRule>([['never', { regex: '$x' }]]), hashKey: undefined };

function shaped(content: Buffer, builtin: string, setup: Setup, redact = partsOf().input.transform.redact): unknown[] {
  const shaper = shaperOf({ ...setup, transform: { ...setup.transform, pattern: { builtin }, redact } });
  shaper.open(contextOf());
  const half = content.lastIndexOf('\n', content.length / 2) + 1;
  const batches = [
    shaper.shape(chunkOf(content, 0, half)),
    shaper.shape(chunkOf(content, half, content.length, { modified: NOON + 1000 })),
    shaper.overdue(Number.POSITIVE_INFINITY),
  ];
  return [
    ...batches.map((batch) => batch && { ...batch, payload: batch.payload.toString('latin1') }),
    { ...shaper.status(), ms: undefined },
  ];
}

/** As many lines as it takes until a way is learnt. */
const ENOUGH = 300;

describe('records written on ways that were learnt, or of lines that were wrapped', () => {
  for (const [builtin, lines] of Object.entries(CASES))
    test(`are those of the long way, with the pattern ${builtin}`, () => {
      fc.assert(
        fc.property(lines, setups, fc.constantFrom('\n', '\r\n'), (all, setup, end) => {
          const before = Array.from({ length: ENOUGH }, () => all[0]!);
          const content = Buffer.from([...before, ...all, ...before.slice(0, 3)].map((line) => line + end).join(''));
          assert.deepEqual(shaped(content, builtin, setup), shaped(content, builtin, setup, LONG));
        }),
        { numRuns: 120 },
      );
    });

  test('are those of the long way, however long a line is', () => {
    const line = (text: string) => `{"level":"info","msg":"${text}","user":"u1"}\n`;
    for (const length of [10_000, 70_000, 300_000]) {
      const content = Buffer.from(
        line('x').repeat(ENOUGH) + line('x'.repeat(length)) + line('"'.repeat(length)) + line('日'.repeat(length)),
      );
      assert.deepEqual(shaped(content, 'json', {}), shaped(content, 'json', {}, LONG), `${length} characters`);
      const within = Buffer.from(content.toString().replace(/^/gm, '2026-07-15T11:30:35Z stdout F '));
      assert.deepEqual(shaped(within, 'cri', {}), shaped(within, 'cri', {}, LONG), `${length} characters, wrapped`);
    }
  });
});
