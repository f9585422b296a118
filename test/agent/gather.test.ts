import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { gather } from '../../agent/gather.ts';
import type { Batch } from '../../agent/types.ts';
import { until } from '../harness/wait.ts';
import { startAgent, startSilentServer } from './in-process.ts';

/** A batch of messages of one file, which then stands at `offset`. */
function batchOf(file: number, offset: number, messages: readonly string[], limited = 0): Batch {
  const ends: number[] = [];
  let text = '';
  for (const message of messages) {
    text += message;
    ends.push(text.length);
    text += '\n';
  }
  const count = (lines: number) => ({ lines, bytes: lines * 10 });
  // Memory of its own, as a shaper's batches have.
  const payload = Buffer.allocUnsafeSlow(text.length);
  payload.write(text, 'latin1');
  return {
    ...{ input: 'app', payload, ends: Uint32Array.from(ends) },
    marks: [{ file, offset, skip: 0, clue: '' }],
    tally: {
      ...{ sent: count(messages.length), filtered: count(1), dropped: count(2) },
      ...(limited > 0 && { limited: count(limited) }),
    },
  };
}

function gathered(all: Batch[], enough: number) {
  const taken: Batch[] = [];
  const more = gather(
    () => all.splice(0, 1),
    enough,
    (batches) => taken.push(...batches),
  );
  return { taken, more };
}

const messagesOf = ({ payload, ends }: Batch): string[] => {
  let from = 0;
  return [...ends].map((end) => {
    const message = payload.toString('latin1', from, end);
    from = end + 1;
    return message;
  });
};

test('small batches become one, with all messages in order, the last mark of each file and the sum of what became of the lines', () => {
  const all = [batchOf(1, 10, ['a', 'bc']), batchOf(2, 5, [], 3), batchOf(1, 20, ['def']), batchOf(3, 7, ['g'])];
  const { taken, more } = gathered(all, 1e6);
  assert.equal(more, true);
  assert.equal(taken.length, 1);
  const [one] = taken;
  assert.deepEqual(messagesOf(one!), ['a', 'bc', 'def', 'g']);
  assert.deepEqual(
    one?.marks.map(({ file, offset }) => [file, offset]),
    [
      [1, 20],
      [2, 5],
      [3, 7],
    ],
  );
  assert.deepEqual(one?.tally, {
    sent: { lines: 4, bytes: 40 },
    filtered: { lines: 4, bytes: 40 },
    dropped: { lines: 8, bytes: 80 },
    limited: { lines: 3, bytes: 30 },
  });
});

test('what was put together gives its memory back, and what is carried on as it is keeps it', () => {
  const small = [batchOf(1, 10, ['a']), batchOf(2, 5, ['b'])];
  gathered([...small], 1e6);
  assert.deepEqual(
    small.map(({ payload }) => payload.buffer.byteLength),
    [0, 0],
  );
  const alone = batchOf(1, 10, ['a']);
  gathered([alone], 1e6);
  assert.equal(alone.payload.toString(), 'a\n');
});

test('it ends once there is enough; one alone is carried on as it is; and nothing is nothing', () => {
  const large = batchOf(1, 10, ['x'.repeat(9_000)]);
  const { taken } = gathered([large, batchOf(2, 1, ['y'])], 9_000);
  assert.equal(taken[0], large);
  assert.equal(taken.length, 1);
  const many = Array.from({ length: 100 }, (_, n) => batchOf(n, 1, ['z']));
  assert.equal(gathered(many, 40_960).taken[0]?.ends.length, 10);
  assert.deepEqual(gathered([], 9_000), { taken: [], more: false });
});

test('what was taken is handed on although the next one cannot be had', () => {
  const taken: Batch[] = [];
  const next = (): Batch[] => {
    if (asked++ < 2) return [batchOf(asked, 1, [`${asked}`])];
    throw new Error('the disk is full');
  };
  let asked = 0;
  const work = () => gather(next, 1e6, (batches) => taken.push(...batches));
  assert.throws(work, /the disk is full/);
  assert.deepEqual(messagesOf(taken[0]!), ['1', '2']);
});

test('a window is exceeded by no more than one batch, however much waits in the files', async (t) => {
  const { port } = await startSilentServer(t);
  const agent = startAgent(t, { target: `tcp://127.0.0.1:${port}`, syslog: 'window = 256KiB' });
  writeFileSync(agent.file, `Jul 15 11:30:35 host app: [12][INFO] ${'x'.repeat(100)}\n`.repeat(20_000));
  let bytes = 0;
  const isFull = async (): Promise<boolean> => {
    const before = bytes;
    const { json } = await agent.status();
    bytes = 'agent' in json ? (json.destinations[0]?.underway.bytes ?? 0) : 0;
    return bytes > 0 && bytes === before;
  };
  await until('the window is full', isFull);
  // Of a file as much is read at once as a batch may hold.
  assert.ok(bytes <= 2 * 256 * 1024, `${bytes} bytes`);
});
