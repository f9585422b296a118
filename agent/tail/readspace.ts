import { free } from '../wire/free.ts';

/** Memory to read into: at least `bytes` long. What stood in it is gone with the next call. */
export type ReadSpace = (bytes: number) => Buffer;

/** What is kept for good, in bytes: a line of the usual `max_line` fits in. The system gives memory only where it is written to. */
const KEPT = 2 * 1024 * 1024;

/**
 * One memory for all reads, for a caller that is done with a chunk before it asks for the next one: memory outside V8's heap comes
 * free only when its collector runs, so that fresh memory for each read piles up.
 */
export function createReadSpace(): ReadSpace {
  const kept = Buffer.allocUnsafeSlow(KEPT);
  let larger: Buffer | undefined;
  return (bytes) => {
    if (larger) free(larger);
    larger = bytes <= KEPT ? undefined : Buffer.allocUnsafeSlow(bytes);
    return larger ?? kept.subarray(0, bytes);
  };
}
