/**
 * The books of a story, per destination and generation: read = settled + skipped + pending, and what is lost is none of it. They
 * are kept from the chunks alone and held against what the agent says of itself after every step.
 */
import { isDeepStrictEqual } from 'node:util';
import type { FileStatus } from '../../agent/tail/status.ts';
import type { TailWalk } from '../../agent/tail/tail.ts';
import type { Chunk, FileId, Loss } from '../../agent/types.ts';
import type { Scene } from './scene.ts';

type Account = { settled: number; skipped: number; pending: number };

/** A destination's chunks are given to one of these in the order in which they are read; one that outlives kills. */
export class Books {
  readonly destination: string;
  readonly problems: string[] = [];
  readonly #accounts = new Map<FileId, Account>();
  #pending: Chunk[] = [];
  #losses: readonly Loss[] = [];
  /** What the agent said of itself at the last step. */
  #told: { readonly walk: TailWalk; readonly revision: number; readonly status: readonly FileStatus[] } | undefined;

  constructor(destination: string) {
    this.destination = destination;
  }

  #account(file: FileId): Account {
    const account = this.#accounts.get(file) ?? { settled: 0, skipped: 0, pending: 0 };
    this.#accounts.set(file, account);
    return account;
  }

  #at(file: FileId): number {
    const { settled, skipped, pending } = this.#account(file);
    return settled + skipped + pending;
  }

  #say(problem: string): void {
    this.problems.push(`the books of ${this.destination}: ${problem}`);
  }

  /** What was read; with `settle` all that is pending is settled then. */
  read(chunks: readonly Chunk[], settle: boolean): void {
    for (const chunk of chunks) {
      const { file, start, end, bytes } = chunk;
      if (start !== this.#at(file)) this.#say(`byte ${start} of ${file} came behind byte ${this.#at(file)}`);
      if (bytes.length > 0 && bytes.length !== end - start)
        this.#say(`${end - start} bytes of ${file} are ${bytes.length}`);
      const lost = this.#losses.find((loss) => loss.file === file && start < loss.to && end > loss.from);
      if (lost)
        this.#say(`bytes ${start} to ${end} of ${file} came after ${lost.from} to ${lost.to} were counted as lost`);
      this.#account(file).pending += end - start;
      this.#pending.push(chunk);
    }
    if (!settle) return;
    for (const { file, bytes, start, end } of this.#pending) {
      const account = this.#account(file);
      account.pending -= end - start;
      account.settled += bytes.length;
      account.skipped += end - start - bytes.length;
    }
    this.#pending = [];
  }

  /** The agent is gone: what was pending is to be read again. */
  kill(): void {
    for (const account of this.#accounts.values()) account.pending = 0;
    this.#pending = [];
  }

  /** Holds the books against the checkpoints, the losses and, where the agent runs, what it says of itself. */
  check(stage: Scene, walk: TailWalk | undefined): void {
    for (const [file, { settled, skipped }] of this.#accounts) {
      const kept = stage.registry.checkpoint(this.destination, file)?.offset ?? 0;
      if (kept !== settled + skipped)
        this.#say(`${file} is settled up to ${kept}, not ${settled} + ${skipped} skipped`);
    }
    this.#losses = [...stage.losses];
    for (const [at, one] of this.#losses.entries()) {
      if (one.to < one.from) this.#say(`bytes ${one.from} to ${one.to} of ${one.file} are lost`);
      const other = this.#losses
        .slice(0, at)
        .find((two) => two.file === one.file && one.from < two.to && two.from < one.to);
      if (one.file !== undefined && other) this.#say(`bytes ${one.from} to ${one.to} of ${one.file} are lost twice`);
    }
    for (const { file, offset, size, behind } of walk?.status() ?? []) {
      if (file === undefined) continue;
      if (offset !== this.#at(file)) this.#say(`the agent has read ${file} up to ${offset}, not ${this.#at(file)}`);
      if (behind !== Math.max(0, size - offset))
        this.#say(`${behind} bytes of ${file} are unread, of ${size} less ${offset}`);
    }
    if (walk) this.#checkRevision(walk);
  }

  /** What it says of itself is the same as long as it says that nothing changed. */
  #checkRevision(walk: TailWalk): void {
    const before = this.#told;
    this.#told = { walk, revision: walk.revision(), status: walk.status() };
    if (before?.walk !== walk || before.revision !== this.#told.revision) return;
    if (isDeepStrictEqual(before.status, this.#told.status)) return;
    this.#say(`its status changed untold: ${JSON.stringify(before.status)} to ${JSON.stringify(this.#told.status)}`);
  }
}
