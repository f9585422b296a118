/**
 * Small batches of one input become a larger one: where many files each have a little, that is one write, one row of the spool and one
 * settle, not one for each file.
 */
import type { Batch, Checkpoint, Count, Tally } from './types.ts';
import { freeBatch } from './wire/free.ts';

/** What is read of a file counts as so many bytes at least: to read it takes its time however little that is. */
const LEAST = 4096;
const NONE: Count = { lines: 0, bytes: 0 };

/** What some bytes count as where it is decided whether there are enough to go together. */
export const weightOf = ({ length }: Uint8Array): number => Math.max(LEAST, length);

/** Gives batches to `take`; true where there are any. */
export function pass(batches: readonly Batch[], take: (batches: readonly Batch[]) => void): boolean {
  if (batches.length > 0) take(batches);
  return batches.length > 0;
}

/**
 * Takes batches of `next` until they hold `enough` bytes of messages or there is none left, and gives them to `take` as one; true
 * where there was any. What was taken of `next` is handed on even where `next` throws.
 */
export function gather(
  next: () => readonly Batch[],
  enough: number,
  take: (batches: readonly Batch[]) => void,
): boolean {
  const batches: Batch[] = [];
  try {
    for (let bytes = 0; bytes < enough; ) {
      const more = next();
      if (more.length === 0) break;
      batches.push(...more);
      for (const { payload } of more) bytes += weightOf(payload);
    }
  } finally {
    if (batches.length > 0) take([merge(batches)]);
  }
  return batches.length > 0;
}

/** All in one, in their order. Each file stands where the last of them leaves it. */
function merge(batches: readonly Batch[]): Batch {
  const [first] = batches;
  if (!first || batches.length === 1) return first!;
  const payload = Buffer.allocUnsafeSlow(batches.reduce((sum, batch) => sum + batch.payload.length, 0));
  const ends = new Uint32Array(batches.reduce((sum, batch) => sum + batch.ends.length, 0));
  const marks = new Map<number, Checkpoint>();
  let [at, message] = [0, 0];
  for (const batch of batches) {
    payload.set(batch.payload, at);
    // By index, for an iterator makes an object for each message.
    for (let i = 0; i < batch.ends.length; i++) ends[message++] = at + batch.ends[i]!;
    at += batch.payload.length;
    for (const mark of batch.marks) marks.set(mark.file, mark);
    freeBatch(batch);
  }
  return { input: first.input, payload, ends, marks: [...marks.values()], tally: sumOf(batches) };
}

function sumOf(batches: readonly Batch[]): Tally {
  const sum = (of: (tally: Tally) => Count | undefined): Count =>
    batches.reduce((total, { tally }) => {
      const { lines, bytes } = of(tally) ?? NONE;
      return { lines: total.lines + lines, bytes: total.bytes + bytes };
    }, NONE);
  const limited = sum((tally) => tally.limited);
  return {
    ...{
      sent: sum(({ sent }) => sent),
      filtered: sum(({ filtered }) => filtered),
      dropped: sum(({ dropped }) => dropped),
    },
    ...(limited.lines > 0 && { limited }),
  };
}
