/** How chunks become batches, for those who use it. */
import type { Bell } from './bell.ts';
import type { ShapeStatus } from './shape/status.ts';
import type { TailWalk } from './tail/tail.ts';
import type { Sitter, Thread } from './thread.ts';
import type { Batch, FileContext, FileId, InputConfig, RecordConfig } from './types.ts';

/** What is asked of the files, and what is to be done with a batch ahead of its turn. */
export type Asked = {
  /** Only generations that may vanish. What was read before comes first all the same. */
  readonly only?: 'leaving';
  /** Called for each batch before its turn; where it gives a promise, that has to come true before the batch is given out. */
  readonly ahead?: (batch: Batch) => Promise<void> | undefined;
};

export type Shaping = {
  readonly tail: TailWalk;
  /**
   * The next batches at `now` (ms since the epoch), in order: one, or with `ahead` those that are to be written down together. None
   * where there are none yet; the bell rings when that may have changed.
   */
  next(now: number, asked: Asked): readonly Batch[];
  /** With `once`: everything that stood in the files at the start was given out. */
  finished(): boolean;
  /** Lets the other threads finish what they have, and goes on here. */
  home(): Promise<void>;
  /** What is not given out by now never is. */
  leave(): void;
  status(): ShapeStatus;
  samples(): readonly string[];
};

export type ShapingParts = Pick<Sitter, 'input' | 'record'> & {
  readonly input: InputConfig;
  readonly record: RecordConfig;
  readonly warn: (sentence: string) => void;
  readonly bell: Bell;
  readonly thread: Thread;
  /** Chunks go together until they hold so many bytes; where left out, each is a batch. */
  readonly enough?: number;
  /** Takes up the files. */
  readonly walk: (opened: (context: FileContext) => void, closed: (file: FileId) => void) => TailWalk;
};
