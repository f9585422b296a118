import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { createBell } from '../../agent/bell.ts';
import { realClock } from '../../agent/ops/clock.ts';
import { createDesks, layChunk } from '../../agent/shape/remote.ts';
import { createShaping, type Shaping } from '../../agent/shaping.ts';
import type { TailWalk } from '../../agent/tail/tail.ts';
import { createThread, type Sitter, startWorker, type Thread } from '../../agent/thread.ts';
import type { Batch, Chunk, FileContext, FileId } from '../../agent/types.ts';
import { free } from '../../agent/wire/free.ts';
import { toldLog } from '../harness/log.ts';
import { until } from '../harness/wait.ts';
import { chunkOf, contextOf, NOON, partsOf, type Setup, shaperOf } from '../shape/shaped.ts';

/** What the files say, in this order. `idle`: there is nothing to read at `now`. `home`: somebody calls for the shaping. */
type Step =
  | { readonly open: FileContext }
  | { readonly chunk: Chunk }
  | { readonly close: FileId }
  | { readonly idle: number }
  | { readonly home: true };

const GENS = ['aaaabbbbccccdddd', 'eeeeffffgggghhhh', 'iiiijjjjkkkkllll'] as const;

const line = fc.oneof(
  fc.constantFrom(
    'Jul 15 11:30:35 host app: [12][INFO] one',
    'Jul 15 11:30:35 host app: [12][WARN] 订单 "x"',
    'Jul 15 11:30:35 host ecms_troubleshoot: [12][ERROR] [x] three',
    '    at one line of a stack trace',
    '',
    '{"level":30,"time":1720000000000,"msg":"json"}',
  ),
  fc.string({ maxLength: 30 }).map((text) => text.replaceAll('\n', ' ')),
);
/** Lines of one generation, cut into chunks; a number stands for that many bytes that are passed over. */
const content = fc.array(fc.oneof({ arbitrary: line, weight: 12 }, { arbitrary: fc.nat(40), weight: 1 }), {
  maxLength: 30,
});
const setups = fc.record({
  transform: fc.record({
    unmatched: fc.constantFrom('ship', 'drop', 'join', 'join'),
    pattern: fc.constantFrom({ builtin: 'app' }, { builtin: 'json' }, { regex: '^(?<level>\\w+) (?<msg>.*)$' }),
    redact: fc.constantFrom(
      { rules: new Map(), hashKey: undefined },
      { rules: new Map([['t', { regex: 'o[nr]e' }]]), hashKey: 'key' },
    ),
  }),
  record: fc.record({
    format: fc.constantFrom('rfc5424', 'rfc3164', 'script'),
    chunk: fc.constantFrom(0, 200),
  }),
}) satisfies fc.Arbitrary<Setup>;

/** The steps of three generations, each the successor of the one before. */
const stories = fc
  .tuple(
    fc.tuple(content, content, content),
    fc.array(fc.nat(9), { minLength: 100, maxLength: 100 }),
    fc.constantFrom('\n', '\r\n'),
    fc.constantFrom('', 'e6970a'),
  )
  .map(([generations, rolls, end, odd]) => {
    let at = 0;
    const roll = () => rolls[at++ % rolls.length]!;
    return generations.flatMap((lines, i) => tell(lines, i, roll, end, Buffer.from(odd, 'hex')));
  });

function tell(lines: (string | number)[], i: number, roll: () => number, end: string, odd: Buffer): Step[] {
  const file = i + 1;
  const previous = i === 0 ? undefined : { file: i, gen: GENS[i - 1]!, end: 70, skip: 3 };
  const steps: Step[] = [{ open: contextOf({ file, gen: GENS[i]!, after: previous }) }];
  let all = Buffer.alloc(0);
  let from = 0;
  const give = (to: number, passed: number) => {
    const plain = { file, readAt: NOON + steps.length * 400, end: to + passed };
    steps.push({ chunk: { ...chunkOf(all, from, to, plain), end: to + passed } });
    all = Buffer.concat([all, Buffer.alloc(passed)]);
    from = to + passed;
  };
  for (const one of lines) {
    if (typeof one === 'number') give(all.length, one);
    else all = Buffer.concat([all, Buffer.from(one + end)]);
    const what = roll();
    if (what < 3 && all.length > from) give(all.length, 0);
    if (what === 3) steps.push({ idle: NOON + steps.length * 400 });
    if (what === 4) steps.push({ home: true });
  }
  all = Buffer.concat([all, odd]);
  if (all.length > from) give(all.length, 0);
  if (roll() < 7) steps.push({ close: file });
  return steps;
}

/** As whole as several batches are: all messages in order, the last mark of each file, and what became of the lines. */
function joined(batches: readonly Batch[]) {
  const marks = new Map(batches.flatMap((one) => one.marks.map((mark) => [mark.file, mark] as const)));
  const sum = (of: (batch: Batch) => number) => batches.reduce((total, batch) => total + of(batch), 0);
  return {
    messages: batches.map(({ payload }) => payload.toString('latin1')).join(''),
    count: sum(({ ends }) => ends.length),
    marks: [...marks.values()].sort((a, b) => a.file - b.file),
    tally: (['sent', 'filtered', 'dropped', 'limited'] as const).map((what) => [
      sum(({ tally }) => tally[what]?.lines ?? 0),
      sum(({ tally }) => tally[what]?.bytes ?? 0),
    ]),
  };
}

/** Where each message of a batch ends, and whether its last one ends where its bytes do. */
function isSound({ payload, ends }: Batch): boolean {
  return (
    ends.every((end, i) => payload[end] === 10 && end >= (i === 0 ? 0 : ends[i - 1]! + 1)) &&
    (ends.at(-1) ?? -1) + 1 === payload.length
  );
}

type Outcome = { readonly batches: unknown[]; readonly status: unknown; readonly samples: readonly string[] };

function plain({ input, payload, ends, marks, tally }: Batch) {
  return { input, payload: Buffer.from(payload).toString('latin1'), ends: [...ends], marks, tally };
}

function outcome(batches: Batch[], { status, samples }: Pick<Shaping, 'status' | 'samples'>): Outcome {
  const { ms: _, ...counts } = status();
  return { batches: batches.map(plain), status: counts, samples: samples() };
}

/** What one shaper makes of it, as if there were no other thread. */
function alone(steps: readonly Step[], setup: Setup): Outcome {
  const { batches, shaper } = eachAlone(steps, setup);
  return outcome(batches, shaper);
}

function eachAlone(steps: readonly Step[], setup: Setup) {
  const shaper = shaperOf(setup);
  const batches: Batch[] = [];
  for (const step of [...steps, { idle: Number.POSITIVE_INFINITY }]) {
    if ('open' in step) shaper.open(step.open);
    else if ('chunk' in step) batches.push(shaper.shape(step.chunk));
    else if ('close' in step) shaper.close(step.close);
    else if ('idle' in step)
      for (let due = shaper.overdue(step.idle); due; due = shaper.overdue(step.idle)) batches.push(due);
  }
  return { batches, shaper };
}

/** What a shaping gives out that lets chunks go together, at home and, where that has a seat to give, in the other thread. */
async function inGroups(steps: readonly Step[], setup: Setup, thread: Thread, enough: number): Promise<Batch[]> {
  const bell = createBell();
  const left: Step[] = [...steps, { idle: Number.POSITIVE_INFINITY }];
  const batches: Batch[] = [];
  let home = false;
  let over = false;
  let tell!: { open: (context: FileContext) => void; close: (file: FileId) => void };
  const tail: TailWalk = {
    next() {
      for (let step = left[0]; step && !('idle' in step); step = left[0]) {
        left.shift();
        if ('open' in step) tell.open(step.open);
        else if ('close' in step) tell.close(step.close);
        else if ('home' in step) home = true;
        else return step.chunk;
      }
      return undefined;
    },
    finished: () => over,
    status: () => [],
    each: () => [],
    revision: () => 0,
  };
  const walk = (open: (context: FileContext) => void, close: (file: FileId) => void) => {
    tell = { open, close };
    return tail;
  };
  const shaping = createShaping({ ...partsOf(setup), warn() {}, bell, thread, walk, enough });
  /** Whether something is still to be given out. */
  const pending = (): boolean => {
    over = true;
    const finished = shaping.finished();
    over = false;
    return !finished;
  };
  while (left.length > 0 || pending()) {
    // The clock stands where the files have nothing more, whatever they say until then.
    const first = left.find((step) => 'chunk' in step || 'idle' in step);
    const due = shaping.next(first && 'idle' in first ? first.idle : 0, {});
    if (home) {
      home = false;
      await shaping.home();
    }
    batches.push(...due.map((batch) => ({ ...batch, payload: Buffer.from(batch.payload) })));
    for (const batch of due) free(batch.payload);
    if (due.length > 0) continue;
    if (pending()) await bell.rung(5_000);
    else if (left[0] && 'idle' in left[0] && left[0] === first) left.shift();
  }
  shaping.leave();
  return batches;
}

/** A byte that no message holds. */
const MARKED = 0xff;
const NOBODY: Thread = { after: Infinity, seat: () => undefined, close: async () => {} };

/** The same with the other thread, to which it goes with the first byte. */
async function together(
  steps: readonly Step[],
  setup: Setup,
  thread: Thread,
  kill?: (at: number) => void,
): Promise<Outcome> {
  const bell = createBell();
  const left: Step[] = [...steps, { idle: Number.POSITIVE_INFINITY }];
  const batches: Batch[] = [];
  let given = 0;
  let answered = 0;
  let turn = 0;
  const ahead = () => (turn % 2 === 0 ? undefined : Promise.resolve());
  let home = false;
  let tell!: { open: (context: FileContext) => void; close: (file: FileId) => void };
  // All reads go to one memory, as in the agent.
  const memory = Buffer.alloc(64 * 1024);
  const tail: TailWalk = {
    next() {
      for (let step = left[0]; step && !('idle' in step); step = left[0]) {
        left.shift();
        if ('open' in step) tell.open(step.open);
        else if ('close' in step) tell.close(step.close);
        else if ('home' in step) home = true;
        else {
          given += 1;
          kill?.(given);
          step.chunk.bytes.copy(memory);
          return { ...step.chunk, bytes: memory.subarray(0, step.chunk.bytes.length) };
        }
      }
      return undefined;
    },
    finished: () => left.length === 0,
    status: () => [],
    each: () => [],
    revision: () => 0,
  };
  const walk = (open: (context: FileContext) => void, close: (file: FileId) => void) => {
    tell = { open, close };
    return tail;
  };
  const shaping = createShaping({ ...partsOf(setup), warn() {}, bell, thread, walk });
  while (left.length > 0) {
    // The clock stands where the files have nothing more, whatever they say until then.
    const first = left.find((step) => 'chunk' in step || 'idle' in step);
    const now = first && 'idle' in first ? first.idle : 0;
    // Now for the spool, now for the server.
    const due = shaping.next(now, turn++ % 5 < 3 ? { ahead } : {});
    if (home) {
      home = false;
      await shaping.home();
    }
    for (const batch of due) {
      batches.push({ ...batch, payload: Buffer.from(batch.payload) });
      free(batch.payload);
    }
    // A batch that no chunk gave was due.
    if (due.length > 0 && given > answered) answered += due.length;
    else if (due.length === 0 && given > answered) await bell.rung(5_000);
    else if (due.length === 0 && left[0] && 'idle' in left[0] && left[0].idle === now) left.shift();
  }
  const seen = outcome(batches, shaping);
  shaping.leave();
  return seen;
}

/** A thread that has started. */
async function started(setup: Parameters<typeof createThread>[1] = {}): Promise<Thread> {
  const thread = createThread({ clock: realClock, log: toldLog(() => {}) }, { cores: 2, after: 0, ...setup });
  const sitter = { ...partsOf(), answered() {}, lost() {} };
  await until('the thread has started', () => {
    const seat = thread.seat(sitter);
    seat?.end();
    return seat !== undefined;
  });
  return thread;
}

describe('lines that are shaped in another thread', () => {
  let thread: Thread;
  before(async () => {
    thread = await started();
  });
  after(() => thread.close());

  test('are not at their end before the last batch was given out, and none is before what is done ahead of its turn', async () => {
    const bell = createBell();
    const content = Buffer.from('Jul 15 11:30:35 host app: [12][INFO] one\n');
    const chunks = [0, 1, 2].map((n) => ({
      ...chunkOf(content),
      start: n * content.length,
      end: (n + 1) * content.length,
    }));
    let opened!: (context: FileContext) => void;
    const tail: TailWalk = {
      next: () => chunks.shift(),
      finished: () => chunks.length === 0,
      status: () => [],
      each: () => [],
      revision: () => 0,
    };
    const shaping = createShaping({
      ...{ ...partsOf(), warn() {}, bell, thread },
      walk(open) {
        opened = open;
        return tail;
      },
    });
    opened(contextOf());
    const done: (() => void)[] = [];
    const ahead = () => new Promise<void>((resolve) => done.push(resolve));
    while (done.length < 3) {
      assert.deepEqual(shaping.next(0, { ahead }), []);
      if (done.length < 3) await bell.rung(5_000);
    }
    assert.equal(shaping.finished(), false);
    // The second is ready first and waits for the first, and both wait for the third to be written down together.
    for (const one of [1, 0, 2]) {
      assert.deepEqual(shaping.next(0, { ahead }), []);
      done[one]!();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(
      shaping.next(0, { ahead }).map(({ marks }) => marks[0]?.offset),
      [1, 2, 3].map((n) => n * content.length),
    );
    assert.equal(shaping.finished(), true);
    shaping.leave();
  });

  test('stay in the memory that both threads use until they are given back, but few of them that may wait long do not', async () => {
    const line = 'Jul 15 11:30:35 host app: [12][INFO] one\n';
    const [large, small] = [5_000, 1].map((count) => Buffer.from(line.repeat(count))) as [Buffer, Buffer];
    const next: Buffer[] = [];
    const { shaping, bell } = ofChunks(next, thread);
    const shaped = async (bytes: Buffer): Promise<Batch> => {
      next.push(bytes);
      for (;;) {
        const [batch] = shaping.next(0, {});
        if (batch) return batch;
        await bell.rung(5_000);
      }
    };
    const [first, second] = [await shaped(large), await shaped(large)];
    assert.deepEqual([first.ends.length, second.ends.length], [5_000, 5_000]);
    assert.ok(first.payload.buffer instanceof SharedArrayBuffer);
    assert.notEqual(String(second.payload), String(first.payload));
    free(first.payload);
    const few = await shaped(small);
    assert.deepEqual([few.ends.length, few.payload.buffer.byteLength], [1, few.payload.length]);
    const third = await shaped(large);
    assert.ok(String(third.payload).startsWith(String(first.payload)), 'it stands where the first one stood');
    shaping.leave();
  });

  test('stand in memory that serves again whatever its size is', async () => {
    const large = Buffer.from(`Jul 15 11:30:35 host app: [12][INFO] ${'x'.repeat(1000)}\n`.repeat(1000));
    const small = Buffer.from(`Jul 15 11:30:35 host app: [12][INFO] ${'"'.repeat(1000)}\n`.repeat(200));
    const left = Array.from({ length: 60 }, (_, n) => (n % 3 === 0 ? large : small));
    const { shaping, bell } = ofChunks(left, thread);
    let pieces = 0;
    for (let given = 0; given < 60; ) {
      const due = shaping.next(0, {});
      for (const { payload } of due) {
        // Each message from the other thread brings an object of its own for the same memory, so that is marked behind the messages.
        const mark = new Uint8Array(payload.buffer).subarray(-1);
        if (payload.buffer instanceof SharedArrayBuffer && mark[0] !== MARKED) pieces += 1;
        mark[0] = MARKED;
        free(payload);
      }
      given += due.length;
      if (due.length === 0) await bell.rung(5_000);
    }
    assert.ok(pieces > 0 && pieces <= 6, `${pieces} pieces of memory`);
    shaping.leave();
  });

  test('stay there up to 24 MiB, and those of larger windows have memory of their own', async () => {
    const line = Buffer.from('Jul 15 11:30:35 host app: [12][INFO] one\n'.repeat(4_000));
    const left = Array.from({ length: 60 }, () => line);
    const fresh = await started();
    const { shaping, bell } = ofChunks(left, fresh);
    const batches: Batch[] = [];
    while (batches.length < 60) {
      const due = shaping.next(0, {});
      batches.push(...due);
      if (due.length === 0) await bell.rung(5_000);
    }
    const shared = batches.filter(({ payload }) => payload.buffer instanceof SharedArrayBuffer);
    const bytes = shared.reduce((sum, { payload }) => sum + payload.buffer.byteLength, 0);
    assert.ok(bytes > 20 * 2 ** 20 && bytes <= 24 * 2 ** 20, `${bytes} bytes`);
    for (const { payload } of batches) free(payload);
    left.push(line);
    let due = shaping.next(0, {});
    for (; due.length === 0; due = shaping.next(0, {})) await bell.rung(5_000);
    assert.ok(due[0]!.payload.buffer instanceof SharedArrayBuffer);
    shaping.leave();
    await fresh.close();
  });

  test('are read ahead by their bytes, so that long lines take no more than others', async () => {
    const line = Buffer.from(`${'x'.repeat(1_000_000)}\n`);
    const left = Array.from({ length: 20 }, () => line);
    const { shaping, bell } = ofChunks(left, thread);
    const never = () => new Promise<void>(() => {});
    for (let rings = 0; rings < 3; rings += 1) {
      assert.deepEqual(shaping.next(0, { ahead: never }), []);
      await bell.rung(5_000);
    }
    assert.deepEqual(shaping.next(0, { ahead: never }), []);
    assert.ok(left.length >= 14, `${20 - left.length} were read`);
    shaping.leave();
  });

  test('come out as they do in the main thread, byte for byte and in the same order', async () => {
    await fc.assert(
      fc.asyncProperty(stories, setups, async (steps, setup) => {
        assert.deepEqual(await together(steps, setup, thread), alone(steps, setup));
      }),
      { numRuns: 200, endOnFailure: true },
    );
  });
});

/** A shaping over these chunks of one file, which are taken out as they are read. */
function ofChunks(left: Buffer[], thread: Thread) {
  const bell = createBell();
  let at = 0;
  const tail: TailWalk = {
    next() {
      const bytes = left.shift();
      if (!bytes) return undefined;
      at += bytes.length;
      return { ...chunkOf(bytes), start: at - bytes.length, end: at };
    },
    finished: () => left.length === 0,
    status: () => [],
    each: () => [],
    revision: () => 0,
  };
  const walk = (open: (context: FileContext) => void) => {
    open(contextOf());
    return tail;
  };
  return { shaping: createShaping({ ...partsOf(), warn() {}, bell, thread, walk }), bell };
}

test('chunks that go together are the same messages, marks and counts in fewer batches, at home and where the second thread takes over', async () => {
  const real = await started();
  // At home for the first few bytes after each pause.
  const later: Thread = { ...real, after: 200 };
  const largest = fc.constantFrom(4096, 3 * 4096, 1e6);
  await fc.assert(
    fc.asyncProperty(stories, setups, largest, fc.boolean(), async (steps, setup, enough, second) => {
      const batches = await inGroups(steps, setup, second ? later : NOBODY, enough);
      const { batches: each } = eachAlone(steps, setup);
      assert.deepEqual(joined(batches), joined(each));
      assert.ok(batches.every(isSound));
      assert.ok(batches.length <= each.length);
    }),
    { numRuns: 200, endOnFailure: true },
  );
  await real.close();
});

/** A shaping over chunks of one line each, of as many files; `next` may throw. */
function ofManyFiles(enough: number | undefined, next: (n: number) => Chunk | undefined) {
  let opened!: (context: FileContext) => void;
  let n = 0;
  const tail: TailWalk = {
    next() {
      const chunk = next(n++);
      if (chunk) opened(contextOf({ file: chunk.file }));
      return chunk;
    },
    finished: () => true,
    status: () => [],
    each: () => [],
    revision: () => 0,
  };
  const parts = {
    ...partsOf(),
    warn() {},
    bell: createBell(),
    thread: NOBODY,
    ...(enough !== undefined && { enough }),
  };
  return createShaping({
    ...parts,
    walk(open) {
      opened = open;
      return tail;
    },
  });
}

const ONE = Buffer.from('Jul 15 11:30:35 host app: [12][INFO] one\n');

test('chunks go together until there is enough, and a small one counts as 4 KiB; each is one batch where nothing is said', () => {
  const files = (n: number) => (n < 100 ? chunkOf(ONE, 0, ONE.length, { file: n + 1 }) : undefined);
  const lengths = (enough?: number) => {
    const shaping = ofManyFiles(enough, files);
    const all: number[] = [];
    for (let due = shaping.next(0, {}); due.length > 0; due = shaping.next(0, {}))
      all.push(...due.map((one) => one.ends.length));
    return all;
  };
  assert.deepEqual(
    lengths(40_960),
    Array.from({ length: 10 }, () => 10),
  );
  assert.deepEqual(lengths(30 * 4096), [30, 30, 30, 10]);
  assert.deepEqual(
    lengths(),
    Array.from({ length: 100 }, () => 1),
  );
});

test('what was shaped is handed on although the next chunk cannot be had', () => {
  const shaping = ofManyFiles(1e6, (n) => {
    if (n === 2) throw new Error('the disk is full');
    return n < 2 ? chunkOf(ONE, 0, ONE.length, { file: n + 1 }) : undefined;
  });
  assert.throws(() => shaping.next(0, {}), /the disk is full/);
  assert.equal(shaping.finished(), false);
  const [batch, ...more] = shaping.next(0, {});
  assert.deepEqual([batch?.ends.length, batch?.marks.map(({ file }) => file), more], [2, [1, 2], []]);
  assert.equal(shaping.finished(), true);
});

test('when the thread ends in the middle of the work, nothing is lost, repeated or told in another way', async () => {
  await fc.assert(
    fc.asyncProperty(stories, setups, fc.nat(8), async (steps, setup, when) => {
      let worker!: Worker;
      const thread = await started({
        start() {
          worker = startWorker();
          return worker;
        },
      });
      const kill = (at: number) => {
        if (at === when) void worker.terminate();
      };
      assert.deepEqual(await together(steps, setup, thread, kill), alone(steps, setup));
      await thread.close();
    }),
    { numRuns: 10, endOnFailure: true },
  );
});

test('whoever waits for it to come home is not kept waiting by a thread that has ended, and gets what that had in hand', async () => {
  const content = Buffer.from('Jul 15 11:30:35 host app: [12][INFO] one\n');
  const bell = createBell();
  let sitter: Sitter | undefined;
  let gone = false;
  const thread: Thread = {
    after: 0,
    seat(one) {
      sitter = one;
      const shape = (chunk: Chunk) => layChunk(chunk, createDesks().take(chunk));
      return { gone: () => gone, tell() {}, shape, end() {} };
    },
    close: async () => {},
  };
  const chunks = [chunkOf(content)];
  const walk = (open: (context: FileContext) => void): TailWalk => {
    open(contextOf());
    return {
      next: () => chunks.shift(),
      finished: () => chunks.length === 0,
      status: () => [],
      each: () => [],
      revision: () => 0,
    };
  };
  const shaping = createShaping({ ...partsOf(), warn() {}, bell, thread, walk });
  assert.deepEqual(shaping.next(0, {}), []);
  const home = shaping.home();
  const rung = bell.rung(60_000);
  gone = true;
  sitter!.lost();
  await home;
  await rung;
  assert.equal(shaping.finished(), false);
  const [batch] = shaping.next(0, {});
  assert.match(batch!.payload.toString(), /one/);
  assert.equal(shaping.finished(), true);
});

/** Shapes the same content again and again beside a second thread that is to be asked after so many bytes, and never gives a seat. */
function unseated(content: Buffer, after: number, transform: Setup['transform'] = {}) {
  let asked = false;
  let read = 0;
  const thread: Thread = {
    after,
    seat() {
      asked = true;
      return undefined;
    },
    close: async () => {},
  };
  const walk = (open: (context: FileContext) => void): TailWalk => {
    open(contextOf());
    const next = () => {
      if (!asked) read += 1;
      return chunkOf(content);
    };
    return { next, finished: () => false, status: () => [], each: () => [], revision: () => 0 };
  };
  const { next } = createShaping({ ...partsOf({ transform }), warn() {}, bell: createBell(), thread, walk });
  return { next, asked: () => asked, read: () => read };
}

test('what the second thread cannot know of is shaped in the main thread, however heavy the flow is', () => {
  const content = Buffer.from('Jul 15 11:30:35 host app: [12][INFO] one\n');
  const asks = (transform: Setup['transform'] = {}) => {
    const { next, asked } = unseated(content, 0, transform);
    for (let n = 0; n < 3; n += 1) next(0, {});
    return asked();
  };
  assert.equal(asks(), true);
  const rule = { name: 'app', owner: 'app', severity: undefined, most: 1, span: undefined };
  assert.equal(asks({ limits: [rule] }), false);
  assert.equal(asks({ pattern: { regex: '^(?<msg>(.).*\\2)$' } }), false, 'it may be set aside');
  assert.equal(asks({ pattern: { builtin: 'cri' } }), false, 'parts of a line are put together');
});

test('the second thread is asked for sooner while the spool is filled, for the main thread has that to do as well', () => {
  const content = Buffer.from('Jul 15 11:30:35 host app: [12][INFO] one\n');
  const reads = (ahead?: () => undefined) => {
    const { next, asked, read } = unseated(content, 160 * content.length);
    while (!asked()) next(0, ahead ? { ahead } : {});
    return read();
  };
  assert.equal(reads(), 161);
  assert.equal(
    reads(() => undefined),
    11,
  );
});

test('many small chunks stay where they are read, however many bytes they are together', () => {
  const line = 'Jul 15 11:30:35 host app: [12][INFO] one\n';
  const asks = (lines: number) => {
    const content = Buffer.from(line.repeat(lines));
    const after = 1024 * 10 * line.length;
    const { next, asked } = unseated(content, after);
    for (let read = 0; read <= after; read += content.length) next(0, {});
    return asked();
  };
  assert.equal(asks(10), true);
  assert.equal(asks(9), false);
});

test('so do chunks of one long line each, of which two threads would make twice the garbage', () => {
  const asks = (bytes: number) => {
    const { next, asked } = unseated(Buffer.alloc(bytes, 'x'), 20 * bytes);
    for (let read = 0; read <= 20; read += 1) next(0, {});
    return asked();
  };
  assert.equal(asks(256 * 1024), true);
  assert.equal(asks(512 * 1024), false);
});
