import { createGunzip } from 'node:zlib';
import type { Source } from './harvester-parts.ts';

const FEED = 64 * 1024;
/** Bytes kept behind the place of the last read, so that a reader may step back a little. */
const KEEP = 4096;

type Parts = {
  /** Reads the archive itself; as Files.read. */
  readonly read: (into: Uint8Array, position: number) => number;
  /** Called when a read that gave undefined may be tried again. */
  readonly wake: () => void;
};

/**
 * The unpacked bytes of a gzip archive, in bounded memory: it is fed 64 KiB at a time and only when a read lacks bytes, and keeps no
 * more than the reads need. A read that steps back further begins anew. A damaged archive makes `read` throw its sentence.
 */
export function createGunzipSource(parts: Parts): Source {
  let stream = createGunzip({ chunkSize: FEED });
  /** What is unpacked and not yet let go; its first byte is byte `base` of the unpacked file. */
  let kept: Buffer[] = [];
  let base = 0;
  let length = 0;
  let fed = 0;
  let ended = false;
  let feeding = false;
  let failure: Error | undefined;
  /** Of a damaged archive: the end of what could be unpacked, once it was given. */
  let given = -1;

  function begin(): void {
    stream.destroy();
    const mine = createGunzip({ chunkSize: FEED });
    stream = mine;
    [kept, base, length, fed, ended, feeding, failure] = [[], 0, 0, 0, false, false, undefined];
    mine.on('data', (bytes: Buffer) => {
      if (mine !== stream) return;
      kept.push(bytes);
      length += bytes.length;
      mine.pause();
      parts.wake();
    });
    mine.on('end', () => {
      if (mine !== stream) return;
      ended = true;
      parts.wake();
    });
    mine.on('error', (error) => {
      if (mine !== stream) return;
      failure = error;
      parts.wake();
    });
    mine.pause();
  }

  function feed(): void {
    stream.resume();
    if (feeding || stream.writableEnded) return;
    const mine = stream;
    const bytes = Buffer.allocUnsafe(FEED);
    const got = parts.read(bytes, fed);
    fed += got;
    feeding = true;
    if (got === 0) mine.end();
    else {
      mine.write(bytes.subarray(0, got), () => {
        if (mine !== stream) return;
        feeding = false;
        parts.wake();
      });
    }
  }

  /** Lets go of what lies more than KEEP bytes before `position`. */
  function release(position: number): void {
    while (kept[0] && base + kept[0].length <= position - KEEP) {
      base += kept[0].length;
      length -= kept[0].length;
      kept.shift();
    }
  }

  begin();
  return {
    read(into, position) {
      if (position < base) begin();
      release(position);
      if (base + length < position + into.length && !ended) {
        if (!failure) feed();
        if (!failure) return undefined;
        if (given === base + length) throw failure;
        given = base + length;
      }
      let at = base;
      let filled = 0;
      for (const bytes of kept) {
        const from = Math.max(0, position - at);
        if (from < bytes.length && filled < into.length) {
          const part = bytes.subarray(from, from + into.length - filled);
          into.set(part, filled);
          filled += part.length;
        }
        at += bytes.length;
      }
      return filled;
    },
    close: () => stream.destroy(),
  };
}
