/**
 * What lies in a chain's directory: every file that bears one of the chain's names, oldest first, ready to be recognised.
 */
import path from 'node:path';
import { Candidate, type Member } from './candidate.ts';
import { type Files, realPath, type Stat } from './files.ts';
import { chainOf, placeIn, sortByAge } from './names.ts';
import type { PatientFiles } from './patience.ts';

/** The rotated files of directories, listed once and indexed by chain, so that ten thousand chains of one directory share the work. */
export type Listings = {
  /** The files that may be rotated generations of the live file at this (real) path. Listed `anew`, or where the directory has changed. */
  members(live: string, anew: boolean): readonly Member[];
  /** Where a path lies whose last name is no link: its folder's links are resolved once. Undefined where they lead nowhere. */
  place(live: string): string | undefined;
  /** Whether the directory of this path, and those of `rotated`, are still as they were when they were listed. */
  steady(live: string): boolean;
};

type Listed = { readonly changed: number | undefined; readonly chains: ReadonlyMap<string, readonly Member[]> };

/** Directories are listed when first asked for: make it anew for every look. `elsewhere` are the files of `rotated`. */
export function createListings(files: PatientFiles, elsewhere: () => ReadonlySet<string>): Listings {
  const directories = new Map<string, Listed>();
  /** The directory that was found to be as it was listed a moment ago, so that whoever is next need not ask again. */
  let sure: string | undefined;
  let others: ReadonlySet<string> = new Set();
  const places = new Map<string, string | undefined>();

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
    return now === others || (now.size === others.size && [...now].every((other) => others.has(other)));
  }

  return {
    steady(live) {
      const directory = path.dirname(live);
      sure = steady(directory) ? directory : undefined;
      return sure !== undefined && steadyElsewhere();
    },
    place(live) {
      const folder = path.dirname(live);
      if (!places.has(folder)) places.set(folder, realPath(files, folder));
      const real = places.get(folder);
      return real === folder ? live : real && path.join(real, path.basename(live));
    },
    members(live, anew) {
      const refusals = files.refusals();
      const directory = path.dirname(live);
      if (anew || !(sure === directory || steady(directory))) directories.set(directory, index(directory));
      sure = undefined;
      const { chains } = directories.get(directory)!;
      others = elsewhere();
      const name = path.basename(live);
      const far = [...others].flatMap((other) => {
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

function anyStat(files: Files, file: string, stat = files.stat): Stat | undefined {
  try {
    return stat(file);
  } catch {
    return undefined;
  }
}

/** What an ordinary file says. */
function statOf(files: Files, file: string, by = files.stat): Stat | undefined {
  const stat = anyStat(files, file, by);
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

/** Whether something was renamed, packed or removed while all this was looked at. */
export const wasOvertaken = (files: Files, { all, real }: Surveyed, listings: Listings): boolean =>
  areMoved(files, all) || !listings.steady(real);

/** The files of a chain, oldest first, the live one last where it exists, and where its live path leads. */
export type Surveyed = { readonly all: readonly Candidate[]; readonly real: string };

/**
 * Every file of the chain of `live`. `before`: where that path led last; a link that leads nowhere for the moment has its old files
 * there. `remembered` are the paths at which its generations were last seen, which a moved link may have left behind; `polled` is the
 * inode that the live file had when it was last looked at. An archive beside its original is left out: it may be unfinished, and
 * the original says the same.
 */
export function survey(
  files: Files,
  live: string,
  before: string,
  remembered: readonly string[],
  { listings, polled }: { readonly listings: Listings; readonly polled: number | undefined },
): Surveyed {
  // Looked at before its folder is listed: what is rotated in between is then seen under both names, not under none.
  const own = statOf(files, live, files.lstat);
  const current = own ?? statOf(files, live);
  const isPolled = current?.ino === polled;
  const real = (own && isPolled ? listings.place(live) : realPath(files, live)) ?? before;
  const members = [...listings.members(real, !isPolled)];
  for (const other of remembered) {
    if (other !== live && other !== real && !members.some((member) => member.path === other)) {
      members.push({ path: other, place: placeIn(path.basename(real), path.basename(other)) });
    }
  }
  const rotated: Candidate[] = [];
  for (const member of members) {
    const stat = member.path === live ? undefined : statOf(files, member.path);
    if (stat) rotated.push(new Candidate(files, member, stat, false));
  }
  const paths = new Set(rotated.map((one) => one.path));
  const kept = sortByAge(rotated.filter((one) => !one.packed || !paths.has(one.path.slice(0, -one.packed.length - 1))));
  if (current) kept.push(new Candidate(files, { path: live, place: undefined }, current, true));
  return { all: kept, real };
}
