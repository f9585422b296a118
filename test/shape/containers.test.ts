import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { TransformConfig } from '../../agent/types.ts';
import { readIdentity } from '../../agent/wire/identity.ts';
import { readRfc5424 } from '../../agent/wire/rfc5424.ts';
import { chunkOf, contextOf, jsonOf, messagesOf, NOON, shaperOf } from './shaped.ts';

type Setup = { readonly transform: Partial<TransformConfig> };

/** The messages of lines that arrive in chunks of any length; all that waits goes out at the end. */
function shaped(text: string, { transform }: Setup, cuts: readonly number[] = []): string[] {
  const content = Buffer.from(text);
  const shaper = shaperOf({ transform });
  shaper.open(contextOf());
  const ends = [...content.entries()].filter(([, byte]) => byte === 0x0a).map(([i]) => i + 1);
  const messages: string[] = [];
  let start = 0;
  for (const [i, end] of ends.entries()) {
    if (!cuts.includes(i) && i < ends.length - 1) continue;
    messages.push(...messagesOf(shaper.shape(chunkOf(content, start, end))).map(String));
    start = end;
  }
  const rest = shaper.flush(1);
  return [...messages, ...(rest ? messagesOf(rest).map(String) : [])];
}

const docker = (log: string, stream = 'stdout', second = '00') =>
  `${JSON.stringify({ log, stream, time: `2026-11-03T10:00:${second}.123456789Z` })}\n`;
const cri = (tag: string, line: string, stream = 'stdout') =>
  `2026-11-03T10:00:00.123456789Z ${stream} ${tag} ${line}\n`;

describe('docker-json', () => {
  const setup: Setup = { transform: { pattern: { builtin: 'docker-json' } } };

  test("the program's line is the message, with the time and the stream of the wrapper", () => {
    const [message] = shaped(docker('hello "x"\n', 'stderr'), setup);
    assert.match(message!, /^<14>1 2026-11-03T10:00:00.123456Z agent app - - \[/);
    assert.deepEqual(jsonOf(message!), { MSG: 'hello "x"', STREAM: 'stderr' });
  });

  test('pieces of a line that was too long come out as one record', () => {
    const text = docker('a'.repeat(10)) + docker('bé') + docker('c\n') + docker('next\n');
    const messages = shaped(text, setup);
    assert.deepEqual(
      messages.map((message) => jsonOf(message).MSG),
      ['aaaaaaaaaabéc', 'next'],
    );
  });

  test('what is not wrapped is an unmatched line', () => {
    const text = 'plain\n{"log":5}\n{"stream":"stdout"}\n';
    assert.deepEqual(
      shaped(text, setup).map((message) => jsonOf(message.replace(/^.*?\] /, '')).MSG),
      text.trim().split('\n'),
    );
    assert.deepEqual(shaped(text, { transform: { ...setup.transform, unmatched: 'drop' } }), []);
  });
});

describe('cri', () => {
  const setup: Setup = { transform: { pattern: { builtin: 'cri' } } };

  test('pieces are joined up to the one that says F, whatever chunk they come in', () => {
    const lines = ['one', 'two parts and a third', 'x', 'a  b '];
    const text =
      cri('F', 'one') +
      cri('P', 'two ') +
      cri('P', 'parts ') +
      cri('F', 'and a third') +
      cri('F', 'x') +
      cri('P:y', 'a ') +
      cri('F', ' b ');
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(6)), (cuts) => {
        assert.deepEqual(
          shaped(text, setup, cuts).map((message) => jsonOf(message).MSG),
          lines,
        );
      }),
    );
  });

  test('every byte is accounted for, however the lines are cut and mixed', () => {
    const piece = fc.tuple(
      fc.constantFrom('P', 'F'),
      fc.constantFrom('', 'x', 'é'),
      fc.constantFrom('stdout', 'stderr'),
    );
    const line = fc.oneof(
      piece.map(([tag, text, stream]) => cri(tag, text, stream)),
      fc.constantFrom('\n', 'rubbish\n'),
    );
    const policy = fc.constantFrom('ship', 'drop', 'join');
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 30 }),
        policy,
        fc.array(fc.nat(29)),
        (lines, unmatched, cuts) => {
          const text = lines.join('');
          const messages = shaped(text, { transform: { ...setup.transform, unmatched } }, cuts);
          let end = 0;
          for (const message of messages) {
            const { at, len, skip = 0 } = readRfc5424(message)!.sd.map((element) => readIdentity(element)!)[0]!;
            assert.equal(at - skip, end, message);
            end = at + len;
          }
          // What is passed over behind the last record shows in the next one.
          assert.ok(unmatched === 'drop' || /^\n*$/.test(Buffer.from(text).subarray(end).toString()), text.slice(end));
          const shown = messages.map((message) => jsonOf(message).MSG).join('');
          assert.equal(shown.match(/[xé]/g)?.length, text.match(/(?<= )[xé]/g)?.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a piece whose end does not come is shipped after a while', () => {
    const shaper = shaperOf(setup);
    shaper.open(contextOf());
    const content = Buffer.from(cri('P', 'begun'));
    assert.equal(messagesOf(shaper.shape(chunkOf(content))).length, 0);
    assert.equal(shaper.overdue(NOON + 500), undefined);
    assert.deepEqual(
      messagesOf(shaper.overdue(NOON + 1000)!).map((message) => jsonOf(String(message)).MSG),
      ['begun'],
    );
  });
});

describe('a pattern within', () => {
  test('takes the whole line apart once it is put together, and the wrapper lends its time', () => {
    const line = '{"level":"error","msg":"m","n":1}';
    const text = cri('P', line.slice(0, 12)) + cri('P', line.slice(12, 20)) + cri('F', line.slice(20));
    const [message] = shaped(text, { transform: { pattern: { builtin: 'cri/json' } } });
    assert.match(message!, /^<11>1 2026-11-03T10:00:00.123456Z /);
    assert.deepEqual(jsonOf(message!), { LEVEL: 'error', MSG: 'm', N: 1, STREAM: 'stdout' } as unknown);
  });

  test("keeps the line's own time where it has one", () => {
    const [message] = shaped(docker('2026-11-02 09:00:00,5 ERROR [main] a.b.C: x\n'), {
      transform: { pattern: { builtin: 'docker-json/java' } },
    });
    assert.match(message!, /^<11>1 2026-11-02T09:00:00.5Z /);
    assert.deepEqual(jsonOf(message!), { LEVEL: 'ERROR', LOGGER: 'a.b.C', MSG: 'x', STREAM: 'stdout', THREAD: 'main' });
  });

  test('a line within that does not match ships, is dropped or joins the record before, without its wrapper', () => {
    const text =
      cri('F', '2026-11-02 09:00:00,5 ERROR [main] a.b.C: x') + cri('F', '\tat a.b.C(C.java:1)') + cri('F', '\tat d');
    const of = (unmatched: TransformConfig['unmatched']) =>
      shaped(text, { transform: { pattern: { builtin: 'cri/java' }, unmatched } }).map(
        (message) => jsonOf(message).MSG,
      );
    assert.deepEqual(of('join'), ['x\n\tat a.b.C(C.java:1)\n\tat d']);
    assert.deepEqual(of('drop'), ['x']);
    assert.deepEqual(of('ship'), ['x', '\tat a.b.C(C.java:1)', '\tat d']);
  });
});
