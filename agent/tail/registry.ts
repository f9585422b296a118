import type { Checkpoint, Clues, FileId, Generation } from '../types.ts';

/** What tail writes down and asks again after a restart. */
export type Registry = {
  /** All generations of an input that were ever added, in the order in which they were. */
  generations(input: string): Generation[];
  /** Writes down a generation before its first byte is read, and gives it its row and its random identity. */
  add(generation: Omit<Generation, 'file' | 'gen'>): Generation;
  /** `path: undefined` says that it is gone. */
  update(file: FileId, change: { readonly path?: string | undefined; readonly clues?: Clues }): void;
  /** How far a destination has dealt with a generation; undefined where it never settled anything of it. */
  checkpoint(destination: string, file: FileId): Checkpoint | undefined;
  /** Writes where a destination begins in a chain that it sees for the first time. */
  begin(destination: string, checkpoint: Checkpoint): void;
  /** Runs `work`. What it writes down is written all at once, or, where it throws, not at all. */
  transaction<T>(work: () => T): T;
};
