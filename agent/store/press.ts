/**
 * zstd in Node's thread pool: one buffer after the other through one context, each into a frame of its own. A context for each would
 * cost a third more, and a megabyte outside of V8's heap, for which V8 collects its heap again and again.
 */
import { constants, createZstdCompress, type ZstdCompress, type ZstdOptions } from 'node:zlib';
import type { Clock } from '../types.ts';
import { free } from '../wire/free.ts';

/**
 * Gives the bytes as a zstd frame in memory of its own, in the order of the calls; undefined where that failed. They must not change
 * until then.
 */
export type Press = (bytes: Buffer) => Promise<Buffer | undefined>;

/** Frames are written one behind the other into memory of so many bytes. One that does not fit takes another turn in the pool. */
const ROOM = 2 ** 18;
/** How long the context is kept without work, in ms. */
const QUIET = 10_000;

export function createPress(how: ZstdOptions, clock: Clock): Press {
  let stream: ZstdCompress | undefined;
  const waiting: ((frame: Buffer | undefined) => void)[] = [];
  /** The frame in hand, as far as it is there. */
  let pieces: Buffer[] = [];
  /** The memory that the last piece stands in. */
  let room: Uint8Array | undefined;
  let keep: (() => void) | undefined;

  function begin(): ZstdCompress {
    const begun = createZstdCompress({ ...how, flush: constants.ZSTD_e_end, chunkSize: ROOM });
    begun.on('data', (piece: Buffer) => pieces.push(piece));
    begun.on('error', end);
    return begun;
  }

  /** A stream that failed calls nobody back. */
  function end(): void {
    stream?.destroy();
    stream = undefined;
    room = undefined;
    pieces = [];
    for (const tell of waiting.splice(0)) tell(undefined);
  }

  function framed(error?: Error | null): void {
    if (error) return;
    const frame = Buffer.concat(pieces);
    for (const { buffer } of pieces) {
      if (room && room.buffer !== buffer) free(room);
      room = new Uint8Array(buffer);
    }
    pieces = [];
    waiting.shift()!(frame);
    if (waiting.length === 0) keep = clock.after(QUIET, end);
  }

  return (bytes) =>
    new Promise((resolve) => {
      keep?.();
      stream ??= begin();
      waiting.push(resolve);
      stream.write(bytes, framed);
    });
}
