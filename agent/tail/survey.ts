/**
 * What lies in a chain's directory: every file that bears one of the chain's names, oldest first, ready to be recognised.
 */
import path from 'node:path';
import { codeOf, type Files, type Stat } from './files.ts';
import { clueBefore, readHead, unpackedClueBefore, unpackedSize } from './fingerprint.ts';
import { chainOf, placeIn, type Rotated, sortByAge } from './names.ts';
import type { PatientFiles } from './patience.ts';
import type { Found } from './rotation-parts.ts';

type Member = { readonly path: string; readonly place: Rotated | undefined };

/** The rotated files of directories, listed once and indexed by chain, so that ten thousand chains of one directory share the work. */
export type Listings = {
  /** The files that may be rotated generations of the live file at this (real) path. Listed `anew`, or where the directory has changed. */
  members(live: string, anew: boolean): readonly Member[];
  /** Whether the directory of this path, and those of `rotated`, are still as they were when they were listed. */
  steady(live: string): boolean;
};

type Listed = { readonly changed: number | undefined; readonly chains: ReadonlyMap<string, readonly Member[]> };

/** Directories are listed when first asked for: make it anew for every look. `elsewhere` are the files of `rotated`. */
export function createListings(files: PatientFiles, elsewhere: () => readonly string[]): Listings {
  const directories = new Map<string, Listed>();
  let others: readonly string[] = [];

  const changedAt = (directory: string): number | undefined => anyStat(files, directory)?.modified;

  function index(directory: string): Listed {
    const changed = changedAt(directory);
    const chains = new Map<string, Member[]>();
    for (const name of names(files, directory)) {
      for (const place of chainOf(name)) {
        const member = { path: path.join(directory, name), place };
        const members = chains.get(place.chain);
        if (members) members.push(member);
        else chains.set(place.chain, [member]);
      }
    }
    return { changed, chains };
  }

  function steady(directory: string): boolean {
    const listed = directories.get(directory);
    return listed !== undefined && listed.changed === changedAt(directory);
  }

  /** Whether the files of other directories are still those that they were. */
  function steadyElsewhere(): boolean {
    const now = elsewhere();
    return now === others || (now.length === others.length && now.every((other, at) => other === others[at]));
  }

  return {
    steady: (live) => steady(path.dirname(live)) && steadyElsewhere(),
    members(live, anew) {
      const refusals = files.refusals();
      const directory = path.dirname(live);
      if (anew || !steady(directory)) directories.set(directory, index(directory));
      const { chains } = directories.get(directory)!;
      others = elsewhere();
      const name = path.basename(live);
      const far = others.flatMap((other) => {
        const place = placeIn(name, path.basename(other));
        return place ? [{ path: other, place }] : [];
      });
      // Another chain is not to go by what could not be listed.
      if (files.refusals() !== refusals) directories.delete(directory);
      return [...(chains.get(name) ?? []), ...far];
    },
  };
}

function names(files: Files, directory: string): string[] {
  try {
    return files.list(directory);
  } catch {
    // Without the right to list, rotated files are only followed through their open descriptors; the input says so itself.
    return [];
  }
}

/** A found file and its descriptor, which whoever keeps the file takes over. */
export type Candidate = Found & {
  readonly stat: Stat;
  /** The unpacked size of a gzip archive that holds about `expected` bytes or more; undefined where it cannot be told. */
  unpacked(expected: number): number | undefined;
  takeFd(): number | undefined;
  /** True where it was removed, renamed or replaced before it could be opened. */
  vanished(): boolean;
  release(): void;
};

function candidate(files: Files, member: Member, seen: Stat, live: boolean): Candidate {
  let stat = seen;
  const packed = member.place?.packed;
  let fd: number | undefined;
  let head: Uint8Array | undefined;
  let refused = false;
  let vanished = false;
  const opened = (): number | undefined => {
    if (fd === undefined && !refused) {
      try {
        fd = openThis(files, member.path, stat);
        vanished = fd === undefined;
      } catch (error) {
        vanished = codeOf(error) === 'ENOENT';
      }
      refused = fd === undefined;
    }
    return fd;
  };
  const attempt = <T>(run: (open: number) => T): T | undefined => {
    const open = opened();
    try {
      return open === undefined ? undefined : run(open);
    } catch {
      return undefined;
    }
  };
  return {
    path: member.path,
    live,
    place: member.place,
    dev: stat.dev,
    ino: stat.ino,
    birth: stat.birth,
    packed,
    get modified() {
      return stat.modified;
    },
    get size() {
      return packed ? undefined : stat.size;
    },
    get stat() {
      return stat;
    },
    head() {
      if (packed !== undefined && packed !== 'gz') return new Uint8Array();
      head ??= attempt((open) => {
        const bytes = readHead(files, open, packed !== undefined);
        const now = files.fstat(open);
        // Truncated since it was first looked at: size and head must tell of the same bytes.
        if (now.size < stat.size) stat = now;
        return bytes;
      });
      return head;
    },
    clue(offset) {
      if (packed === undefined) return attempt((open) => clueBefore(files, open, offset));
      return packed === 'gz' ? attempt((open) => unpackedClueBefore(files, open, stat.size, offset)) : undefined;
    },
    unpacked: (expected) => attempt((open) => unpackedSize(files, open, stat.size, expected)),
    vanished: () => vanished,
    takeFd() {
      const open = opened();
      fd = undefined;
      refused = true;
      return open;
    },
    release() {
      if (fd !== undefined) files.close(fd);
      fd = undefined;
      refused = true;
    },
  };
}

/** Opens the file that `stat` tells of; undefined where another one has its name by now. Throws as node:fs does. */
function openThis(files: Files, file: string, stat: Stat): number | undefined {
  const fd = files.open(file);
  try {
    const now = files.fstat(fd);
    if (now.ino === stat.ino && now.dev === stat.dev && now.birth === stat.birth) return fd;
  } catch (error) {
    files.close(fd);
    throw error;
  }
  files.close(fd);
  return undefined;
}

function anyStat(files: Files, file: string): Stat | undefined {
  try {
    return files.stat(file);
  } catch {
    return undefined;
  }
}

function statOf(files: Files, file: string): Stat | undefined {
  const stat = anyStat(files, file);
  return stat?.kind === 'file' ? stat : undefined;
}

/** Whether one of these files has gone from its name, or had before it could be opened. */
export function areMoved(files: Files, all: readonly Candidate[]): boolean {
  const moved = (one: Candidate): boolean => {
    const now = anyStat(files, one.path);
    return now?.ino !== one.ino || now.dev !== one.dev;
  };
  return all.some((one) => one.vanished() || moved(one));
}

/** Whether something was renamed, packed or removed while all this was looked at. `real` as for `survey`. */
export const wasOvertaken = (files: Files, all: readonly Candidate[], listings: Listings, real: string): boolean =>
  areMoved(files, all) || !listings.steady(real);

/**
 * Every file of the chain of `live` (whose links resolve to `real`), oldest first, the live one last where it exists.
 * `remembered` are the paths at which its generations were last seen, which a moved link may have left behind; `polled` is the
 * inode that the live file had when it was last looked at. An archive beside its original is left out: it may be unfinished, and
 * the original says the same.
 */
export function survey(
  files: Files,
  live: string,
  real: string,
  remembered: readonly string[],
  { listings, polled }: { readonly listings: Listings; readonly polled: number | undefined },
): Candidate[] {
  // Looked at before its folder is listed: what is rotated in between is then seen under both names, not under none.
  const current = statOf(files, live);
  const members = [...listings.members(real, current?.ino !== polled)];
  for (const other of remembered) {
    if (other !== live && other !== real && !members.some((member) => member.path === other)) {
      members.push({ path: other, place: placeIn(path.basename(real), path.basename(other)) });
    }
  }
  const rotated: Candidate[] = [];
  for (const member of members) {
    const stat = member.path === live ? undefined : statOf(files, member.path);
    if (stat) rotated.push(candidate(files, member, stat, false));
  }
  const paths = new Set(rotated.map((one) => one.path));
  const kept = sortByAge(rotated.filter((one) => !one.packed || !paths.has(one.path.slice(0, -one.packed.length - 1))));
  return current ? [...kept, candidate(files, { path: live, place: undefined }, current, true)] : kept;
}
