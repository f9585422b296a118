/**
 * How the messages of a spool row are stored: as they are, or compressed with zstd where that pays. Level 1 takes about as long as
 * SQLite would take for the bytes that it saves, and messages that are alike become six to seven times smaller.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import Database from 'better-sqlite3';
import type { Batch, Clock } from '../types.ts';
import { free, lendWhole } from '../wire/free.ts';
import { createPress } from './press.ts';

/** `size`: the bytes that `payload` had before it was compressed; null where it was not. */
export type Packed = { readonly payload: Buffer; readonly size: number | null };

/** A short outage is not worth the work: up to so many bytes in the file rows are stored as they are. */
const SMALL_SPOOL = 2 ** 20;
/** What is smaller is not tried: a row takes a page at least. */
const SMALL_ROW = 8192;
/** It pays where a quarter is saved. After a row where it does not, so many are stored as they are before it is tried again. */
const PAYS = 0.75;
const PAUSE = 15;
/** Memory for a row's messages: zlib takes no less, and a size that is damaged shall not ask for more than this at once. */
const [LEAST_ROOM, MOST_ROOM] = [64, 4 * 1024 * 1024];
// With its checksum a changed byte inside a message is noticed.
const HOW = { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 } };

export type Packer = {
  /** The messages of a batch as a row stores them. What it gave for a batch it gives again, until that is done. */
  packed(batch: Batch): Packed;
  /** Does the work of `packed` in another thread; undefined where there is none to do. The promise always comes true. */
  ahead(batch: Batch): Promise<void> | undefined;
  /** The batch stands in the spool: what was made of it for that is given back. Tells how many bytes that was. */
  done(batch: Batch): number;
};

/** Decides row by row, by trial. `used`: bytes that stand in the file now. */
export function createPacker(used: () => number, clock: Clock): Packer {
  const known = new WeakMap<Batch, Packed>();
  const press = createPress(HOW, clock);
  let pause = 0;

  function worthTrying({ payload }: Batch): boolean {
    return payload.length >= SMALL_ROW && used() >= SMALL_SPOOL && pause-- <= 0;
  }

  function choose(batch: Batch, smaller: Buffer | undefined): Packed {
    const { payload } = batch;
    const pays = smaller !== undefined && smaller.length <= payload.length * PAYS;
    if (smaller) pause = pays ? 0 : PAUSE;
    const packed = pays ? { payload: smaller, size: payload.length } : { payload, size: null };
    known.set(batch, packed);
    return packed;
  }

  return {
    packed: (batch) =>
      known.get(batch) ?? choose(batch, worthTrying(batch) ? zstdCompressSync(batch.payload, HOW) : undefined),
    ahead(batch) {
      if (known.has(batch)) return undefined;
      if (!worthTrying(batch)) {
        choose(batch, undefined);
        return undefined;
      }
      return press(batch.payload).then((smaller) => void choose(batch, smaller));
    },
    done(batch) {
      const { payload, size } = known.get(batch)!;
      const bytes = payload.length;
      if (size !== null) free(payload);
      known.delete(batch);
      return bytes;
    },
  };
}

/** The messages of a row as they were. Throws SQLITE_CORRUPT, as SQLite does for a page of its own, where they cannot be had. */
export function unpack(payload: Buffer, size: number | null | undefined): Buffer {
  if (size === null || size === undefined) return payload;
  try {
    // In memory of its own, with a byte more to see the end: else zlib puts it together of pieces, and all wait for V8's collector.
    const room = Math.min(Math.max(LEAST_ROOM, size + 1), MOST_ROOM);
    const bytes = zstdDecompressSync(payload, { maxOutputLength: Math.max(1, size), chunkSize: room });
    // What is small stands in memory that Node shares out.
    if (bytes.buffer.byteLength === room) lendWhole(bytes);
    if (bytes.length === size) return bytes;
  } catch {
    // It is said below.
  }
  throw new Database.SqliteError('the messages of a row cannot be decompressed', 'SQLITE_CORRUPT');
}
