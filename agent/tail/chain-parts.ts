/**
 * What a chain gives, and what it is told of other chains.
 */
import type { Clues, FileId, Generation } from '../types.ts';
import type { Stat } from './files.ts';
import type { Gen } from './generation.ts';
import type { Found } from './rotation-parts.ts';
import type { Listings } from './survey.ts';

/** A generation of another chain; `path`: that chain's live path. */
export type Origin = { readonly file: FileId; readonly path: string };

export type Origins = {
  /**
   * The generation of another chain that had this file when it was written down last; `first`: nothing is known yet of the chain
   * at `path`.
   */
  of(path: string, stat: Stat, first: boolean): Origin | undefined;
  /** Whether another chain may still read or settle something of it. */
  isRead(origin: Origin): boolean;
  /** True until every chain was looked at once. */
  isFirst(): boolean;
  /** Lets every destination begin in a new generation of the same file where it has ended in `origin`. */
  goOn(origin: Origin, row: Generation, found: Found): void;
  /** Whether the file of a generation has the name of another chain. */
  goesOn(gen: Gen): boolean;
};

export type Chain = {
  readonly path: string;
  /** True where the agent had looked before and there was no such file: nothing in it is older than the agent. */
  fresh(): boolean;
  /** Oldest first. */
  gens(): readonly Gen[];
  live(): Gen | undefined;
  /** Why the live path cannot be read; undefined where it can. */
  trouble(): string | undefined;
  /** The path of the chain that reads this very file under another name; undefined where it is read here. */
  alias(): string | undefined;
  /** True where that may be over soon, or a rotated file waits to be read here. */
  waits(): boolean;
  /** Whether the live path led to this file when it was last looked at, or a rotated one waits to be read here. */
  bears(clues: Clues): boolean;
  /** One stat of the live path and of every rotated file still read. True where the directory must be looked at: call `survey`. */
  poll(): boolean;
  /** Looks at every file of the chain; `why` goes into the log. */
  survey(listings: Listings, why: string): void;
  /** Looks at one generation again. */
  refresh(gen: Gen): void;
  /** The bytes of `gen` were overwritten: what follows is another generation. */
  rewritten(gen: Gen, reason: string): void;
  /** A generation could not be read: looks where it went, or says why. */
  failed(gen: Gen, error: unknown): void;
  /** Says why nothing more of it is read. */
  halt(reason: string): void;
  /** Lets a deleted generation go before it was read to its end. */
  release(gen: Gen, reason: string): void;
  has(file: { readonly dev: number; readonly ino: number }): boolean;
};
