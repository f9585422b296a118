/**
 * What a lineage needs of its chain, and what it gives.
 */
import type { Generation, InputConfig, Log, Loss } from '../types.ts';
import type { Files, Stat } from './files.ts';
import type { Gen, Handles } from './generation.ts';
import type { Registry } from './registry.ts';
import type { Found, Mark } from './rotation-parts.ts';
import type { Candidate, Listings } from './survey.ts';

export type LineageParts = {
  /** The live path of the chain. */
  readonly path: string;
  readonly input: InputConfig;
  readonly files: Files;
  readonly log: Log;
  readonly registry: Registry;
  readonly handles: Handles;
  /** What the registry knows of this chain, oldest first. */
  readonly known: readonly Generation[];
  ticks(): number;
  /** How far each destination has read a generation. */
  marks(gen: Gen): readonly Mark[];
  /** The least offset from which a destination still has to read on; undefined where none has. */
  unread(gen: Gen): number | undefined;
  /** Whether another chain has the file of a generation that is missing here; unknown as long as not every chain was looked at. */
  ownerOf(gen: Gen): 'other' | 'none' | 'unknown';
  /** Whether another chain has read this file, perhaps not to its end. */
  isKnown(found: Found): boolean;
  /** Writes down a generation that is new here. */
  born(generation: Omit<Generation, 'file' | 'gen'>, found: Candidate): Generation;
  /** True where the file belongs to another chain. */
  foreign(stat: Stat): boolean;
  lost(loss: Loss): void;
  /** Called when there may be something to read. */
  changed(): void;
  /** Called with the inode of a live file that could not be opened. */
  barred(ino: number): void;
};

export type Lineage = {
  gens(): readonly Gen[];
  live(): Gen | undefined;
  surveyed(): boolean;
  /** True where the last look fell into the middle of a rotation, so that nothing was decided. */
  isPostponed(): boolean;
  /**
   * Looks at every file of the chain and says anew who is who; `why` it was looked. The listings serve as long as the live file is
   * still the one with the inode `polled`; else its folder is listed anew.
   */
  survey(listings: Listings, why: string, polled: number | undefined): void;
  /** Gives up a generation whose bytes cannot be had though its file is there. */
  abandon(gen: Gen, reason: string): void;
  /** Lets a deleted generation go before it was read to its end; what is unread counts as lost. */
  release(gen: Gen, reason: string): void;
  /** Takes note of size and time of change. */
  note(gen: Gen, stat: Stat): void;
  /** Knows a generation by the head that it has now, here and in the registry. */
  learn(gen: Gen, stat: Stat, head: Uint8Array): void;
};
