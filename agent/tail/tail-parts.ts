/** What the following of an input needs, and what it gives. */
import type { Clock, FileContext, FileId, InputConfig, Log, Loss } from '../types.ts';
import type { Files } from './files.ts';
import type { HarvesterParts } from './harvester-parts.ts';
import type { Shared } from './owners.ts';
import type { Registry } from './registry.ts';
import type { TailWalk } from './walk.ts';
import type { Watch, WatchParts } from './watch.ts';

export type TailParts = Pick<HarvesterParts, 'largest' | 'space'> & {
  readonly input: InputConfig;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  /** Called whenever there may be something to read. */
  wake(): void;
  /** Called for bytes that are known never to become lines. */
  lost(loss: Loss): void;
  /** Read what is there at the start, and no more. */
  readonly once: boolean;
  /** Files to be kept open at most; idle ones beyond that are closed, and opened again by their name. 2048 where not given. */
  readonly openFiles?: number;
  /** Where inputs that read the same file are told apart; none where not given. */
  readonly shared?: Shared;
  /** The events of the file system; the real ones where not given. */
  readonly watch?: (parts: WatchParts) => Watch;
};

export type Tail = {
  /**
   * A destination's walk over the files, from its checkpoints on. `opened` is called before the first chunk of a generation,
   * `closed` once all that it held was given out and it is let go.
   */
  walk(destination: string, opened: (context: FileContext) => void, closed: (file: FileId) => void): TailWalk;
  /** Ends a walk that was asked for here. A walk of the same destination that was asked for meanwhile goes on. */
  leave(walk: TailWalk): void;
  /** Bytes that would be lost with this: see `bytesAtRisk`. */
  atRisk(settled: (destination: string, file: FileId) => number): number;
  /** Looks at the files for the first time and goes on looking. */
  start(): void;
  close(): Promise<void>;
};
