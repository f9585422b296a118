/**
 * What a chain and its lineage need of their input, and a lineage of its chain.
 */
import type { Clock, Generation, InputConfig, Log } from '../types.ts';
import type { Candidate } from './candidate.ts';
import type { Chain, Origins } from './chain-parts.ts';
import type { Stat } from './files.ts';
import type { Gen, Handles } from './generation.ts';
import type { Losses } from './losses.ts';
import type { PatientFiles } from './patience.ts';
import type { Registry } from './registry.ts';
import type { Found, Mark } from './rotation-parts.ts';
import type { Listings } from './survey.ts';
import type { Twins } from './twins.ts';

/** What the lineages of an input share. */
export type LineageParts = {
  readonly input: InputConfig;
  readonly files: PatientFiles;
  readonly clock: Clock;
  readonly log: Log;
  /** Goes with each line of the log. */
  readonly about: { readonly input: string };
  readonly registry: Registry;
  readonly handles: Handles;
  readonly losses: Losses;
  /** How far each destination has read a generation. */
  marks(chain: Chain, gen: Gen): readonly Mark[];
  /** The least offset from which a destination still has to read on; undefined where none has. */
  unread(chain: Chain, gen: Gen): number | undefined;
};

/** What the chains of an input share. */
export type ChainParts = LineageParts & {
  listings(): Listings;
  /** Another chain of the input that has the file with this inode. */
  owner(stat: Stat): Chain | undefined;
  /** What another chain read of a file before it got its name here. */
  readonly origins: Origins;
  readonly twins: Twins;
  /** Called when there may be something to read. */
  changed(chain: Chain): void;
  /** Called when there is something new to say of a chain. */
  noted(): void;
};

/** The chain itself. */
export type LineageOwner = Chain & {
  /** Whether another chain has the file of a generation that is missing here; unknown as long as not every chain was looked at. */
  ownerOf(gen: Gen): 'other' | 'none' | 'unknown';
  /** Whether another chain has read this file, perhaps not to its end. */
  isKnown(found: Found): boolean;
  /** Writes down a generation that is new here. */
  born(generation: Omit<Generation, 'file' | 'gen'>, found: Candidate): Generation;
  /** True where the file belongs to another chain. */
  isForeign(stat: Stat): boolean;
  /** Called when there may be something to read. */
  changed(): void;
  /** Called with the inode of a live file that could not be opened. */
  bar(ino: number): void;
};
