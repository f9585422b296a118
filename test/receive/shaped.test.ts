/** What the agent's shaper writes, received: the two ends of the wire must mean the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createIntake } from '../../agent/receive/intake.ts';
import { verdict } from '../../agent/receive/verdict.ts';
import { createVerifier } from '../../agent/receive/verify.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { chunkOf, contextOf, messagesOf, type Setup, shaperOf } from '../shape/shaped.ts';

/** Shapes the whole file and gives its messages. */
function shape(file: Buffer, setup: Setup): Buffer[] {
  const shaper = shaperOf(setup);
  const context = contextOf();
  shaper.open(context);
  const rest = () => shaper.flush(context.file);
  return [shaper.shape(chunkOf(file)), rest()].flatMap((batch) => (batch ? messagesOf(batch) : []));
}

function receive(messages: readonly Buffer[], mayLack = false) {
  const written: string[] = [];
  const verifier = createVerifier({ fromFirst: false });
  const intake = createIntake({
    clock: createTurnedClock(),
    limits: { records: 1000, bytes: 10_000_000, age: 1000 },
    write: (bytes, start, end) => void written.push(bytes.toString('utf8', start, end)),
    verifier,
    incomplete: ({ rec, why }) => assert.ok(mayLack, `${rec}: ${why}`),
  });
  for (const message of messages) intake.take(message, 0, message.length, undefined);
  intake.close();
  return { written, report: verifier.report() };
}

const text = fc.string({
  unit: fc.constantFrom('a', 'b', ' ', '"', '\\', '\t', '\x01', '\x7f', 'é', '日', '😀'),
  maxLength: 900,
});
const head = fc.constantFrom(
  'Jul  5 11:30:35 web1 app: [12][INFO] [x] ',
  'Jul  5 11:30:36 web2 other[7]: ',
  '',
  '\tat ',
);
const files = fc
  .array(fc.tuple(head, text), { maxLength: 12 })
  .map((lines) => Buffer.from(lines.map((line) => `${line.join('')}\n`).join('')));
const unmatched = fc.constantFrom('ship', 'drop', 'join');

for (const format of ['rfc5424', 'rfc3164', 'script'] as const) {
  test(`${format}: parts are received as the messages that would have been without the cut`, () => {
    fc.assert(
      fc.property(
        files,
        unmatched,
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }),
        (file, how, order) => {
          const setup = (chunk: number): Setup => ({ transform: { unmatched: how }, record: { format, chunk } });
          const parts = shape(file, setup(480));
          // As datagrams may: mixed up among their neighbours, and some of them twice.
          const mixed = parts.map((part, i) => [i - (i % 8) + order[i % 8]!, part] as const).sort(([a], [b]) => a - b);
          const { written } = receive(
            mixed.flatMap(([place, part]) => (place % 5 === 0 && part.includes('1/') ? [part, part] : [part])),
          );
          const whole = shape(file, setup(0)).map(String);
          assert.deepEqual(new Set(written), new Set(whole));
        },
      ),
      { numRuns: 200 },
    );
  });
}

test('the sum over all records of a file closes, whatever was cut, joined or dropped', () => {
  fc.assert(
    fc.property(files, unmatched, fc.constantFrom(0, 480), (file, how, chunk) => {
      const messages = shape(file, { transform: { unmatched: how }, record: { format: 'rfc5424', chunk } });
      const { report, written } = receive(messages);
      assert.equal(report.complete, written.length > 0, verdict(report).join('\n'));
      assert.equal(report.repeats + report.disorder + report.unidentified, 0);
    }),
    { numRuns: 300 },
  );
});

test('any one record that is lost from the middle of a file shows', () => {
  const file = Buffer.from(
    Array.from({ length: 20 }, (_, i) => `Jul  5 11:30:35 web1 app: line ${i} ${'日'.repeat(i * 30)}\n`).join(''),
  );
  const messages = shape(file, { record: { format: 'rfc5424', chunk: 480 } });
  assert.ok(messages.length > 40);
  const last = messages.filter((message) => message.includes(`MSG":"line 19`));
  const end = messages.indexOf(last[0]!);
  for (let lost = 0; lost < end; lost += 1) {
    assert.equal(receive(messages.toSpliced(lost, 1), true).report.gaps, 1);
  }
});
