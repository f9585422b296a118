/**
 * What passes between the rooms. Types only: nothing in this file runs.
 *
 * Units, unless a comment says otherwise: bytes, and milliseconds. Wall-clock times are milliseconds since the epoch;
 * waits are measured on the monotonic clock.
 */
import type { ZodMiniType } from 'zod/mini';
import type { Code } from './wire/codes.ts';

export type * from './types-config.ts';

/** The store's row for one generation of one file. */
export type FileId = number;

/**
 * How far one generation has been dealt with. It moves only by a settle.
 * `offset`: every byte before it was settled. `skip`: how many bytes that end at `offset` were passed over on purpose since
 * the last record of this generation (empty, filtered or dropped lines); the next record says so in `skip="…"`.
 * `clue`: `clue()` of the bytes just before `offset`, so that a resume can tell whether this is still the same file.
 */
export type Checkpoint = {
  readonly file: FileId;
  readonly offset: number;
  readonly skip: number;
  readonly clue: string;
};

/**
 * A run of whole lines of one generation, as read. `bytes` begins at `start` of the (decompressed) generation and ends behind
 * a line's end, except for the last line of a generation that has none and for a line cut at `max_line`.
 * `end - start` may exceed `bytes.length`: the bytes between were passed over on purpose (the rest of an overlong line,
 * a hole of NUL bytes) and count as skipped, not as lines. `before` holds the up to CLUE_BYTES bytes that stand before `start`;
 * of a chunk without bytes those before its `end`, so that `clue(before + bytes)` is always the clue of the checkpoint behind it.
 */
export type Chunk = {
  readonly input: string;
  readonly file: FileId;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly before: Buffer;
  /** The file's own time of change, which tells the year that a timestamp lacks. */
  readonly modified: number;
  /** When it was read: the stand-in for a time that a line does not have. */
  readonly readAt: number;
  /** True where the last line of `bytes` was cut at `max_line`. */
  readonly cut: boolean;
  /** The encoding that the generation's byte order mark names, where that is not the input's. */
  readonly encoding?: string | undefined;
};

/** Source lines, and the same in bytes, by what became of them. */
export type Tally = {
  readonly sent: Count;
  readonly filtered: Count;
  readonly dropped: Count;
  readonly limited?: Count;
};
export type Count = { readonly lines: number; readonly bytes: number };

/**
 * Messages ready to be framed. `payload` holds whole syslog messages, each followed by one LF that is no part of it, so that
 * newline framing is the payload itself; `ends[i]` is the index behind message i, before its LF. No message holds an LF.
 * `marks`: where the files stand once this batch is settled. A batch may hold no message and still move its marks.
 * `tally.dropped` are lines dropped by the transform's `unmatched = drop`, `tally.limited` those dropped by `[limit]`.
 */
export type Batch = {
  readonly input: string;
  readonly payload: Buffer;
  readonly ends: Uint32Array;
  readonly marks: readonly Checkpoint[];
  readonly tally: Tally;
};

/** Messages that a server refuses for good, laid out as in a batch, and why in words. */
export type Refused = { readonly payload: Buffer; readonly ends: Uint32Array; readonly reason: string };

/**
 * A batch on its way: live from the files, or read back from the spool's row `row`. `again`: it was on the wire before.
 * `refused`, of a batch that settles: what of it was not delivered, and is to be set aside. `done`: it was acknowledged before others
 * that stand before it, so that its marks could not move yet; it is not sent again, and settles as soon as they have.
 */
export type Sent = {
  readonly batch: Batch;
  readonly row: number | undefined;
  readonly again: boolean;
  readonly refused?: Refused;
  readonly done?: boolean;
};

/** How much an acknowledgement is worth. handed: UDP took it; flushed: the peer's TCP has it; confirmed: the server said so. */
export type AckLevel = 'handed' | 'flushed' | 'confirmed';

/** The generation before another one in its chain, and how far it had been read when the successor began. */
export type Predecessor = {
  readonly file: FileId;
  /** Its identity on the wire: 16 characters of [0-9a-z]. */
  readonly gen: string;
  readonly end: number;
  readonly skip: number;
};

/** What shape must know of a generation before its first chunk. */
export type FileContext = {
  readonly file: FileId;
  readonly gen: string;
  readonly input: string;
  /** The path as the operator knows it (the live path of the chain, not the rotated name). */
  readonly path: string;
  /** Where reading goes on, and the bytes passed over just before (see Checkpoint). */
  readonly offset: number;
  readonly skip: number;
  readonly after: Predecessor | undefined;
};

/** The clues by which a generation is known again. */
export type Clues = {
  readonly dev: number;
  readonly ino: number;
  /** Birth time in ms, 0 where the file system gives none. */
  readonly birth: number;
  /** Hash of the first `headBytes` bytes; it grows with the file up to HEAD_BYTES. */
  readonly headBytes: number;
  readonly head: string;
};

/** A generation as the store knows it. */
export type Generation = {
  readonly file: FileId;
  readonly gen: string;
  readonly input: string;
  /** The live path of its chain. */
  readonly chain: string;
  /** Where it was last seen; undefined once it is gone. */
  readonly path: string | undefined;
  readonly clues: Clues;
  readonly previous: FileId | undefined;
  /** The youngest of its times when it was first seen, ms since the epoch. */
  readonly firstSeen: number;
};

/** What may be known about bytes that never became lines. */
export type Loss = {
  readonly input: string;
  readonly file: FileId | undefined;
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly cause: 'truncated' | 'deleted' | 'unreadable';
};

/** By what policy lines are dropped. */
export type DropCause = 'unmatched' | 'limit' | 'refused' | 'spool-full' | 'spool-age' | 'spool-damaged' | 'by-hand';

/** Time, handed in so that a test can turn the hands. */
export type Clock = {
  /** Wall clock, ms since the epoch. Only for what is written down, never for a wait. */
  now(): number;
  /** Monotonic clock, ms. */
  ticks(): number;
  /** Calls back once after `ms`; the result cancels it. A pending timer does not keep the process alive by itself. */
  after(ms: number, run: () => void): () => void;
};

type Voice = {
  info(sentence: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(code: Code, sentence: string, fields?: Readonly<Record<string, unknown>>): void;
  error(code: Code, sentence: string, fields?: Readonly<Record<string, unknown>>): void;
};

/**
 * The agent's own log. Every sentence is for the operator: what happened, what is at risk, what to do. A sentence that repeats itself
 * may be summed up; what `answer` says, of what became of an order (a signal, a command), is said each time.
 */
export type Log = Voice & {
  debug(sentence: string, fields?: Readonly<Record<string, unknown>>): void;
  readonly answer: Voice;
};

/**
 * One key of the configuration, as the room that needs it hands it in.
 * `default` is written as in the file. `schema` takes the text and gives the value, or throws a sentence with reason and cure.
 */
export type Option<T = unknown> = {
  readonly default: string;
  readonly meaning: string;
  readonly schema: ZodMiniType<T, string>;
  /** True for keys that may be repeated as `key[] = …`; `schema` then takes one item and the value is an array. */
  readonly list?: boolean;
  /** True for values that are never shown: not by `check`, not in a report. */
  readonly secret?: boolean;
};
export type Options = Readonly<Record<string, Option>>;
