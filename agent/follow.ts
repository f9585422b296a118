/** Takes up the following of one input: its files, the registry in the store, and the limits of this machine. */
import type { Bell } from './bell.ts';
import { openFilesLimit } from './limits.ts';
import type { Store } from './store/store.ts';
import { realFiles } from './tail/files.ts';
import { createReadSpace } from './tail/readspace.ts';
import { createTail, type Shared, type Tail } from './tail/tail.ts';
import type { Clock, InputConfig, Log, Loss } from './types.ts';

/** Bytes of a file that are read at once, at most: fewer with a small spool, so that it can hold several batches. */
const LARGEST_CHUNK = 256 * 1024;
const SPOOL_SHARE = 16;
/** A walk is done with a chunk before it, or another one, asks for the next: shape copies what it keeps. */
const space = createReadSpace();

export type Followed = {
  readonly parts: { readonly log: Log; readonly clock: Clock; readonly once: unknown };
  readonly store: Store;
  readonly bell: Bell;
  readonly shared: Shared;
  lost(loss: Loss): void;
};

/** The bytes that are read and carried on at once at most. */
export function largestChunk(store: Store): number {
  return Math.min(LARGEST_CHUNK, Math.floor(store.space().limit / SPOOL_SHARE));
}

/** `among`: how many inputs there are, for they share the descriptors. The tail is not started. */
export function follow({ parts, store, bell, shared, lost }: Followed, input: InputConfig, among: number): Tail {
  const { log, clock } = parts;
  return createTail({
    ...{ input, files: realFiles, clock, log, registry: store, wake: bell.ring, once: parts.once !== undefined },
    ...{ lost, shared },
    // The other half is for servers, the spool, and files that are looked into.
    openFiles: Math.floor(openFilesLimit() / 2 / among),
    space,
    largest: largestChunk(store),
  });
}
