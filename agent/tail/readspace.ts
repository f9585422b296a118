/** Memory to read into: at least `bytes` long. What stood in it is gone with the next call. */
export type ReadSpace = (bytes: number) => Buffer;

/** What is kept for good, in bytes: a read of common size fits in. */
const KEPT = 512 * 1024;

/**
 * One memory for all reads, for a caller that is done with a chunk before it asks for the next one: memory outside V8's heap comes
 * free only when its collector runs, so that fresh memory for each read piles up.
 */
export function createReadSpace(): ReadSpace {
  const kept = Buffer.allocUnsafeSlow(KEPT);
  return (bytes) => (bytes <= KEPT ? kept.subarray(0, bytes) : Buffer.allocUnsafeSlow(bytes));
}
