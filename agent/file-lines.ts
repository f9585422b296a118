/**
 * What a status says of the files of an input on their way to one destination. It is asked for every few seconds, of ten thousand files
 * that may all be at rest, so it is made anew only where something may have changed since it was made last.
 */
import type { Lens } from './ops/observer.ts';
import type { FileLine } from './ops/status.ts';
import type { Store } from './store/store.ts';
import type { FileStatus } from './tail/status.ts';
import type { FileId } from './types.ts';
import type { WalkInput } from './walk.ts';

type InputFiles = {
  /** Another list as soon as something in it is different. */
  readonly lines: readonly FileLine[];
  /** The sum over all, bytes. */
  readonly behind: number;
  /** Since when the oldest line has waited in a file, ms since the epoch. */
  readonly oldest: number | undefined;
};

/** Throws StoreProblem when the state cannot be read. */
export type FileLines = (destination: string, input: WalkInput, lens: Lens) => InputFiles;

export function createFileLines(store: Store): FileLines {
  const made = new WeakMap<WalkInput, InputFiles & { readonly of: string }>();
  return (destination, input, lens) => {
    const of = `${input.tail.revision()} ${store.revision()} ${lens.revision()}`;
    const before = made.get(input);
    if (before?.of === of) return before;
    const settled = store.settled(destination, input.name);
    const lines = Array.from(input.tail.each(), (file) => fileLine(file, destination, settled, lens));
    const behind = lines.reduce((total, one) => total + one.behind, 0);
    const now = { of, lines, behind, oldest: oldestOf(lines) };
    made.set(input, now);
    return now;
  };
}

function fileLine(status: FileStatus, destination: string, offsets: ReadonlyMap<FileId, number>, lens: Lens): FileLine {
  const { path, chain, gen, state, size, offset, reason, file, waitingSince } = status;
  const settled = file === undefined ? 0 : (offsets.get(file) ?? 0);
  const end = state === 'held half line' ? offset : size;
  const behind = Math.max(0, end - settled);
  return {
    path,
    chain,
    gen: gen ?? '-',
    state,
    size,
    read: offset,
    settled,
    behind,
    modified: waitingSince,
    oldest: behind > 0 && gen !== undefined ? (lens.since(gen, settled) ?? waitingSince) : undefined,
    rate: gen === undefined ? 0 : lens.speed(destination, gen),
    note: reason,
  };
}

/** Since when the oldest line has waited in a file. */
function oldestOf(files: readonly FileLine[]): number | undefined {
  const times = files.map(({ oldest }) => oldest).filter((time) => time !== undefined);
  return times.length > 0 ? Math.min(...times) : undefined;
}
