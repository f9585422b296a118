/** What a shaper is, for those who use one. */
import type { Batch, Chunk, FileContext, FileId, InputConfig, RecordConfig } from '../types.ts';
import type { FileMemory } from './memory.ts';
import type { ShapeStatus } from './status.ts';

export type ShaperParts = {
  readonly input: InputConfig;
  readonly record: RecordConfig;
  /** Takes a sentence for the operator. */
  readonly warn: (sentence: string) => void;
  /** Gives the memory in which a batch's messages are made; see createPayload. */
  readonly space?: (bytes: number) => Buffer;
};

export type Shaper = {
  /** Tells of a generation before its first chunk. */
  open(context: FileContext): void;
  /**
   * Shapes the next chunk of a generation. The tally counts the bytes from the generation's last mark to its new one, each once.
   * Throws an Error when the generation was not opened.
   */
  shape(chunk: Chunk): Batch;
  /** As `shape`, for chunks that go together into one batch. */
  add(chunk: Chunk): void;
  /** What was added since the last batch. */
  batch(): Batch;
  /** Ships the record of this generation that waits for continuation lines; undefined where none does. */
  flush(file: FileId): Batch | undefined;
  /** Ships records that have waited long enough at `now` (ms, as Chunk.readAt), and those of generations let go. */
  overdue(now: number): Batch | undefined;
  /** Lets a generation go. A record of it that still waits is overdue from now on. */
  close(file: FileId): void;
  status(): ShapeStatus;
  /** Some of the last lines that the pattern did not match, the newest last: another list as soon as there is a new one. */
  samples(): readonly string[];
  /**
   * Whether all that it remembers from one chunk to the next belongs to a generation, so that another shaper of the same input and
   * destination can go on with `recall` and `adopt`. Not so with `[limit]`, with a pattern that may be set aside, and where
   * a container's runtime cuts lines to pieces.
   */
  readonly movable: boolean;
  /** What it knows of a generation, as plain data. */
  recall(file: FileId): FileMemory;
  /** Takes over what another shaper knew of a generation, one that was opened here too. */
  adopt(memory: FileMemory): void;
  /** Notes a line that another shaper had as a sample. */
  noteSample(line: string): void;
};
