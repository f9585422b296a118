/** The live path of a chain: what it leads to, and what is said where that cannot be read. */
import type { Clues, Log } from '../types.ts';
import { troubleOf } from './cures.ts';
import type { Files, Stat } from './files.ts';
import { sameInode } from './fingerprint.ts';

type Parts = {
  readonly files: Files;
  readonly log: Log;
  readonly about: { readonly input: string };
  noted(): void;
};

export abstract class LivePath<P extends Parts = Parts> {
  readonly path: string;
  protected readonly parts: P;
  /** Why it cannot be read, as it was said last. */
  protected problem: string | undefined;
  /** Why nothing more is read of it. */
  private halted: string | undefined;

  constructor(parts: P, path: string) {
    this.parts = parts;
    this.path = path;
  }

  trouble(): string | undefined {
    return this.halted ?? this.problem;
  }

  halt(reason: string): void {
    if (this.halted === undefined) this.parts.log.error('own-records', reason, this.parts.about);
    this.halted = reason;
    this.parts.noted();
  }

  protected complain(sentence: string | undefined): void {
    if (sentence === this.problem) return;
    if (sentence !== undefined) this.parts.log.warn('file-closed', sentence, this.parts.about);
    else this.parts.log.info(`${this.path} can be read again`, this.parts.about);
    this.problem = sentence;
    this.parts.noted();
  }

  /** What could not be read is gone, and nothing is left to be complained of. */
  protected forgive(): void {
    if (this.problem !== undefined) this.parts.noted();
    this.problem = undefined;
  }

  protected tryOpen(): boolean {
    try {
      this.parts.files.close(this.parts.files.open(this.path));
      return true;
    } catch (error) {
      this.complain(troubleOf(this.path, error));
      return false;
    }
  }

  /** The live file; undefined where there is none, `false` where it cannot be looked at. */
  protected statLive(): Stat | undefined | false {
    const { path } = this;
    try {
      const stat = this.parts.files.stat(path);
      if (!stat || stat.kind === 'file') return stat;
      this.complain(
        stat.kind === 'directory'
          ? `${path} is a folder, not a file: name the files themselves, for example ${path}/*.log`
          : `${path} is a device or a pipe, not a file: only ordinary files can be followed, so name another`,
      );
    } catch (error) {
      this.complain(troubleOf(path, error));
    }
    return false;
  }

  protected isHere(clues: Clues): boolean {
    const stat = this.statLive();
    return stat !== false && stat !== undefined && sameInode(clues, stat);
  }
}
