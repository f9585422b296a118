/**
 * How the chunks of one input become batches on their way to one destination: one after the other where they are read, and ahead of
 * their turn in a second thread while the flow is heavy. Whoever asks sees no difference but the pace: every batch comes in its
 * order, byte for byte the same.
 *
 * The shaper here always knows where things stand as of the last answer, for each brings what the other one has learned. So it goes
 * on at any moment: when the files are read to their end, when it is called home, or when the thread is gone; in that case it shapes
 * itself what was posted and never answered.
 */
import { weightOf } from './gather.ts';
import { type Answer, CHUNK_BYTES, isFull, type LaidChunk, lookAtBatch, takeBatch, takeChunk } from './shape/remote.ts';
import { createShaper } from './shape/shaper.ts';
import { addStatus, NOTHING_SHAPED } from './shape/status.ts';
import type { Asked, Shaping, ShapingParts } from './shaping-types.ts';
import type { Seat, Sitter } from './thread.ts';
import type { Batch, Chunk, FileContext, FileId } from './types.ts';
import { lend } from './wire/free.ts';

export type { Asked, Shaping };

/** Chunks that are read ahead at most: while these are written down together, as many are on their way. */
const MOST = 4;
/** And so many bytes for each that may be: chunks of long lines are larger than others, and so is what is made of them. */
const BYTES = 512 * 1024;
/** While the spool is filled the main thread has that to do as well, and a second one pays after a part of the bytes. */
const SOONER = 16;

/**
 * What counts towards a heavy flow comes in so many chunks at most. To hand one over costs as much as to shape 30 KiB, so that many small
 * files are done sooner, and with less memory, where they are read. Nor does a chunk count that is one long line: what such lines leave behind
 * would lie in both threads.
 */
const PIECES = 1024;

/** `work`: what is done with it ahead of its turn, until that has come true. */
type Ready = { readonly batch: Batch; begun: boolean; work?: Promise<void> | undefined };
/** What the other thread was told and has not come to yet. */
type Posted = { readonly chunk: LaidChunk } | { readonly context: FileContext } | { readonly closed: FileId };

export function createShaping({ input, record, warn, bell, thread, walk, enough = 1 }: ShapingParts): Shaping {
  const shaper = createShaper({ input, record, warn });
  const ready: Ready[] = [];
  const posted: Posted[] = [];
  /** Generations of which the shaper in the other thread knows all that this one does. */
  const known = new Set<FileId>();
  let seat: Seat | undefined;
  let out = false;
  let toSpool = false;
  /** What the chunks count as that were shaped here and are no batch yet. */
  let gathered = 0;
  /** Source bytes since the files were last read to their end, those of small and of long chunks not counted. */
  let flow = 0;
  const called: (() => void)[] = [];
  let there = NOTHING_SHAPED;
  let before = NOTHING_SHAPED;

  const sitter: Sitter = {
    input,
    record,
    answered(answer, giveBack, scarce) {
      const { memories, status, sample } = answer;
      settle();
      posted.shift();
      for (const memory of memories) shaper.adopt(memory);
      if (sample !== undefined) shaper.noteSample(sample);
      there = status;
      ready.push({ batch: taken(answer, giveBack, scarce), begun: false });
      settle();
      if (called.length > 0 && posted.length === 0) comeHome();
      bell.ring();
    },
    lost() {
      for (const tell of called.splice(0)) tell();
      bell.ring();
    },
  };

  /** Messages stay where they stand until they are settled. But few of them that may wait long are copied: they would hold much memory. */
  function taken(answer: Answer, giveBack: () => void, scarce: boolean): Batch {
    const stays = toSpool || (isFull(answer) && !scarce);
    const batch = stays ? lookAtBatch(answer) : takeBatch(answer);
    if (stays) lend(batch.payload, giveBack);
    else giveBack();
    return batch;
  }

  /** What the files say between two chunks holds here as soon as all before it is answered. */
  function settle(): void {
    for (let first = posted[0]; first && !('chunk' in first); first = posted[0]) {
      posted.shift();
      if ('context' in first) shaper.open(first.context);
      else shaper.close(first.closed);
    }
  }

  function opened(context: FileContext): void {
    if (!out) {
      shaper.open(context);
      return;
    }
    introduce(context.after?.file);
    posted.push({ context });
    seat!.tell({ what: 'open', context });
    known.add(context.file);
    settle();
  }

  function closed(file: FileId): void {
    if (!out) {
      shaper.close(file);
      return;
    }
    introduce(file);
    posted.push({ closed: file });
    seat!.tell({ what: 'close', file });
    settle();
  }

  /** Lets the other shaper know what this one does of a generation and of those tied to it. Nothing posted is about it yet. */
  function introduce(file: FileId | undefined): void {
    if (file === undefined || known.has(file)) return;
    known.add(file);
    const memory = shaper.recall(file);
    if (memory.state) {
      const { context, begun, into, carries } = memory.state;
      for (const other of [begun ? undefined : context.after?.file, carries, into]) introduce(other);
      seat!.tell({ what: 'open', context });
    }
    seat!.tell({ what: 'adopt', memory });
  }

  function goOut(): void {
    if (seat?.gone()) dismiss();
    seat ??= thread.seat(sitter);
    out = seat !== undefined;
  }

  function comeHome(): void {
    out = false;
    flow = 0;
    known.clear();
    for (const tell of called.splice(0)) tell();
  }

  function dismiss(): void {
    seat = undefined;
    before = addStatus(before, there);
    there = NOTHING_SHAPED;
  }

  /** The thread is gone: what was posted is shaped here. */
  function takeBack(): void {
    dismiss();
    comeHome();
    for (settle(); posted[0]; settle()) {
      const [first] = posted.splice(0, 1);
      if (first && 'chunk' in first) take(takeChunk(first.chunk));
    }
  }

  function take(chunk: Chunk): void {
    shaper.add(chunk);
    gathered += weightOf(chunk.bytes);
    if (gathered >= enough) finish();
  }

  /** What was shaped here so far becomes a batch. */
  function finish(): void {
    if (gathered > 0) ready.push({ batch: shaper.batch(), begun: false });
    gathered = 0;
  }

  function read(asked: Asked): void {
    try {
      if (called.length === 0) readOn(asked);
    } finally {
      // Also where the files cannot be read on, for what was read is not read again.
      finish();
    }
  }

  function readOn({ only, ahead }: Asked): void {
    const most = out && ahead ? 2 * MOST : out || ahead ? MOST : 1;
    while (ready.length + posted.length < most && bytesAhead() < most * BYTES) {
      const chunk = walked.next(only);
      if (!chunk) {
        if (only === undefined && posted.length === 0) comeHome();
        return;
      }
      const { length } = chunk.bytes;
      if (length * PIECES >= thread.after && length <= CHUNK_BYTES) flow += length;
      // Files that may vanish are read in one go at an end, when nobody can wait for an answer.
      const heavy = flow > (ahead ? thread.after / SOONER : thread.after) && only === undefined;
      if (!out && heavy && shaper.movable) goOut();
      if (out) {
        introduce(chunk.file);
        posted.push({ chunk: seat!.shape(chunk) });
      } else take(chunk);
    }
  }

  function bytesAhead(): number {
    let bytes = 0;
    for (const { batch } of ready) bytes += batch.payload.length;
    for (const one of posted) if ('chunk' in one) bytes += one.chunk.length;
    return bytes;
  }

  function begin(one: Ready, ahead: NonNullable<Asked['ahead']>): void {
    one.begun = true;
    one.work = ahead(one.batch)?.then(() => {
      one.work = undefined;
      bell.ring();
    });
  }

  /** How many of the first could be given out. */
  function readyNow(): number {
    const first = ready.findIndex(({ work }) => work);
    return first === -1 ? ready.length : first;
  }

  const walked = walk(opened, closed);
  return {
    tail: walked,
    next(now, asked) {
      toSpool = asked.ahead !== undefined;
      if (out && seat!.gone()) takeBack();
      read(asked);
      if (asked.ahead) for (const one of ready) if (!one.begun) begin(one, asked.ahead);
      const due = readyNow();
      const more = ready.length + posted.length > due;
      if (more && due < (asked.ahead ? MOST : 1)) return [];
      if (due > 0) return ready.splice(0, asked.ahead ? due : 1).map(({ batch }) => batch);
      // A joined record waits a while for its continuation, but not once everything has been read.
      const last = out ? undefined : shaper.overdue(walked.finished() ? Number.POSITIVE_INFINITY : now);
      return last ? [last] : [];
    },
    finished: () => ready.length === 0 && posted.length === 0 && walked.finished(),
    async home() {
      if (out && posted.length > 0 && !seat!.gone()) await new Promise<void>((resolve) => called.push(resolve));
      else if (out && !seat!.gone()) comeHome();
      await Promise.all(ready.map(({ work }) => work));
    },
    leave() {
      seat?.end();
    },
    status: () => addStatus(addStatus(shaper.status(), before), there),
    samples: shaper.samples,
  };
}
