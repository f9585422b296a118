/**
 * What passes between the agent's main thread and the one that shapes for it. Chunks and what is made of them stand in memory that both
 * see and that is used again and again: memory that is handed from thread to thread piles up in the allocator's arenas.
 */
import type { Batch, Chunk, FileContext, FileId, InputConfig, RecordConfig } from '../types.ts';
import type { FileMemory } from './memory.ts';
import type { ShapeStatus } from './status.ts';

/** What a chunk is laid on; with it goes memory for messages that is needed no more, and is the other thread's again. */
export type Desk = { readonly chunk: SharedArrayBuffer; readonly rooms: readonly SharedArrayBuffer[] };

/** A chunk whose bytes lie on `desk`: first the `lead` bytes before it, then its own `length` bytes. */
export type LaidChunk = Omit<Chunk, 'bytes' | 'before'> & {
  readonly desk: Desk;
  readonly lead: number;
  readonly length: number;
};

/** A read of common size fits in. A larger one is one long line. */
export const CHUNK_BYTES = 264 * 1024;
/** The least memory for messages. */
export const ROOM_BYTES = 2 * CHUNK_BYTES;
/** A window of common size fits in. Those of several destinations have memory of their own, from the time before there was a second thread. */
const MOST_LENT = 24 * 1024 * 1024;

/** `seat`: the shaper that is meant. They are carried out in order. */
export type Order = { readonly seat: number } & (
  | { readonly what: 'begin'; readonly input: InputConfig; readonly record: RecordConfig }
  | { readonly what: 'open'; readonly context: FileContext }
  | { readonly what: 'adopt'; readonly memory: FileMemory }
  | { readonly what: 'shape'; readonly chunk: LaidChunk }
  | { readonly what: 'close'; readonly file: FileId }
  | { readonly what: 'end' }
);

/** What became of a chunk. `memories`: what the shaper knows now of the generations that it was about. */
export type Answer = {
  readonly seat: number;
  readonly batch: Omit<Batch, 'payload'>;
  /** The messages: the first `bytes` bytes of this. */
  readonly payload: SharedArrayBuffer;
  readonly bytes: number;
  readonly memories: readonly FileMemory[];
  /** Counts since the shaper began there. */
  readonly status: ShapeStatus;
  /** The line that the chunk gave as a sample, if any. */
  readonly sample: string | undefined;
};

/**
 * Memory for desks. All of it serves again and again, whatever its size: what is let go would wait for the collectors of both threads,
 * and neither sees how much it is.
 */
export type Desks = {
  /** A desk that the chunk fits on. */
  take(chunk: Chunk): Desk;
  /** What was laid on it is shaped: the messages stand in `room`. True where others take so much of such memory that these should not stay. */
  shaped(desk: Desk, room: SharedArrayBuffer): boolean;
  /** The messages in it are needed no more. */
  done(room: SharedArrayBuffer): void;
};

export function createDesks(): Desks {
  const chunks: SharedArrayBuffer[] = [];
  const rooms: SharedArrayBuffer[] = [];
  /** How many more rooms than chunks the other thread was given. */
  let there = 0;
  let lent = 0;
  return {
    take({ before, bytes }) {
      const given = rooms.splice(0);
      // Made here and not there, where the allocator would not use again what was given back here.
      if (there + given.length === 0) given.push(new SharedArrayBuffer(ROOM_BYTES));
      there += given.length - 1;
      return { chunk: takeFitting(chunks, before.length + bytes.length, CHUNK_BYTES), rooms: given };
    },
    shaped({ chunk }, { byteLength }) {
      chunks.push(chunk);
      lent += byteLength;
      return lent > MOST_LENT;
    },
    done(room) {
      rooms.push(room);
      lent -= room.byteLength;
    },
  };
}

/**
 * The smallest of these that has `bytes` bytes, of several the last one, is taken out; where none has, a new one of `least` bytes, twice
 * as many, and so on.
 */
export function takeFitting(all: SharedArrayBuffer[], bytes: number, least: number): SharedArrayBuffer {
  const fitting = all.filter(({ byteLength }) => byteLength >= bytes);
  if (fitting.length === 0) return new SharedArrayBuffer(least * 2 ** Math.max(0, Math.ceil(Math.log2(bytes / least))));
  const smallest = fitting.reduce((one, other) => (other.byteLength <= one.byteLength ? other : one));
  all.splice(all.indexOf(smallest), 1);
  return smallest;
}

export function layChunk({ before, bytes, ...plain }: Chunk, desk: Desk): LaidChunk {
  const into = new Uint8Array(desk.chunk);
  into.set(before);
  into.set(bytes, before.length);
  return { ...plain, desk, lead: before.length, length: bytes.length };
}

/** The chunk as it was, its bytes where they were laid. */
export function takeChunk({ desk, lead, length, ...plain }: LaidChunk): Chunk {
  return { ...plain, before: Buffer.from(desk.chunk, 0, lead), bytes: Buffer.from(desk.chunk, lead, length) };
}

/** Whether the messages take at least half of the memory that they stand in. */
export function isFull({ payload, bytes }: Answer): boolean {
  return 2 * bytes >= payload.byteLength;
}

/** The batch with its messages in memory of their own. */
export function takeBatch(answer: Answer): Batch {
  const batch = lookAtBatch(answer);
  const payload = Buffer.allocUnsafeSlow(batch.payload.length);
  payload.set(batch.payload);
  return { ...batch, payload };
}

/** The batch with its messages where they stand. */
export function lookAtBatch({ batch, payload, bytes }: Answer): Batch {
  return { ...batch, payload: Buffer.from(payload, 0, bytes) };
}
