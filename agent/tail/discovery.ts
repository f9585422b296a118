/**
 * Which files an input names: paths as they stand, and globs expanded. A directory is listed again only when it changed, so that
 * a look at a quiet one costs a single stat.
 */
import path from 'node:path';
import type { InputConfig } from '../types.ts';
import { isStateFile } from '../wire/statefiles.ts';
import { codeOf, type Files, realPath } from './files.ts';
import { globMatcher } from './glob.ts';
import { chainOf } from './names.ts';

type Listing = {
  readonly modified: number;
  readonly settled: boolean;
  readonly names: ReadonlySet<string>;
  /** Those that may be something else than an ordinary file. */
  readonly odd: ReadonlySet<string>;
};

export type PassedOver = 'folder' | 'archive';

export type Discovery = {
  /** Every live path that the input names now; exact paths whether or not there is such a file. Another set as soon as one differs. */
  paths(): ReadonlySet<string>;
  /** The directories that were looked into last, which are worth watching; another set where they may be others. */
  directories(): ReadonlySet<string>;
  /** Directories that could not be listed, with the reason's code, and files whose name cannot be written, with NOT_UTF8. */
  troubles(): ReadonlyMap<string, string>;
  /** What the globs match and nobody reads: folders that are not searched either, and archives of no chain that is known. */
  passed(): ReadonlyMap<string, PassedOver>;
  /** Whether an input's path or glob names this file. */
  names(file: string): boolean;
};

/** The code of a file's name that is not UTF-8: Node knows no other names of files, and gives it with U+FFFD in it. */
export const NOT_UTF8 = 'EILSEQ';
/** Deeper folders are not searched by `**`, which also ends loops of links. */
const DEPTH = 16;
const NONE: ReadonlySet<string> = new Set();
const MAGIC = /[*?[\]{}]/;

const isEqual = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size === other.size && [...one].every((name) => other.has(name));

/**
 * `paths` as configured; of what belongs to the agent's own `state` no glob tells. `known` tells whether a live path is a chain that
 * was seen before; without it every file that matches counts, whatever its name.
 */
export function createDiscovery(
  files: Files,
  { paths: patterns, state }: Pick<InputConfig, 'paths' | 'state'>,
  known: ((live: string) => boolean) | undefined = undefined,
): Discovery {
  const absolute = patterns.map((one) => path.resolve(one));
  const cache = new Map<string, Listing>();
  const troubles = new Map<string, string>();
  const passed = new Map<string, PassedOver>();
  /** The directories of the last expansion, and what it found. */
  let visited = new Set<string>();
  let found: ReadonlySet<string> | undefined;
  /** The directories looked at in this look. */
  let checked = new Set<string>();

  function list(directory: string): ReadonlySet<string> {
    visited.add(directory);
    if (!checked.has(directory)) {
      checked.add(directory);
      refresh(directory);
    }
    return cache.get(directory)?.names ?? NONE;
  }

  /** Lists a directory anew if it changed; true where what it holds may be different. */
  function refresh(directory: string): boolean {
    try {
      const stat = files.stat(directory);
      troubles.delete(directory);
      if (stat?.kind !== 'directory') return cache.delete(directory);
      const before = cache.get(directory);
      const same = before?.modified === stat.modified;
      // Time stamps are coarse: only a listing made when the stamp was already known is sure to have it all.
      if (same && before.settled) return false;
      const plain = new Set<string>();
      const all = files.list(directory, plain);
      const odd = new Set(all.filter((name) => !plain.has(name)));
      const names = odd.size === 0 ? plain : new Set(all);
      const isOld = same && odd.size === 0 && isEqual(names, before.names);
      cache.set(directory, { modified: stat.modified, settled: same, odd, names: isOld ? before.names : names });
      if (isOld) return false;
    } catch (error) {
      const code = codeOf(error);
      if (troubles.get(directory) === code) return false;
      troubles.set(directory, code);
      cache.delete(directory);
    }
    return true;
  }

  const isDirectory = (file: string): boolean => {
    const listing = cache.get(path.dirname(file));
    const name = path.basename(file);
    if (listing?.names.has(name) && !listing.odd.has(name)) return false;
    try {
      return files.stat(file)?.kind === 'directory';
    } catch {
      return false;
    }
  };

  function fitting(names: ReadonlySet<string>, segment: string): string[] {
    const matches = globMatcher(segment);
    return [...names].filter((name) => (segment.startsWith('.') || !name.startsWith('.')) && matches(name));
  }

  /** All names that match the segments below a directory. */
  function* expand(directory: string, segments: readonly string[], depth: number): Generator<string> {
    const [segment, ...rest] = segments;
    if (segment === undefined) return;
    if (segment === '**') {
      yield* expand(directory, rest.length > 0 ? rest : ['*'], depth);
      if (depth >= DEPTH) return;
      for (const name of list(directory)) {
        const below = path.join(directory, name);
        if (!name.startsWith('.') && isDirectory(below)) yield* expand(below, segments, depth + 1);
      }
      return;
    }
    const names = MAGIC.test(segment) ? fitting(list(directory), segment) : [segment];
    // It need not be listed for a name without wildcards, and is worth watching all the same.
    if (rest.length === 0) visited.add(directory);
    for (const name of names) {
      const file = path.join(directory, name);
      if (rest.length === 0) yield file;
      else if (!MAGIC.test(segment) || isDirectory(file)) yield* expand(file, rest, depth);
    }
  }

  function glob(pattern: string): string[] {
    const absolute = path.resolve(pattern);
    const { root } = path.parse(absolute);
    return [...expand(root, absolute.slice(root.length).split(path.sep), 0)].filter(
      (file) => !isOwn(file) && isLive(file),
    );
  }

  /** Whether a file is the agent's own, by whatever way its folder is reached: followed, each record would make another. */
  function isOwn(file: string): boolean {
    if (!isStateFile(path.basename(state), path.basename(file))) return false;
    const [folder, its] = [path.dirname(state), path.dirname(file)];
    return folder === its || realPath(files, folder) === realPath(files, its);
  }

  /** Whether a file that a glob matched is followed for itself: a generation of a chain is not, nor is an archive. */
  function isLive(file: string): boolean {
    if (!known) return true;
    const name = path.basename(file);
    const directory = path.dirname(file);
    const heads = chainOf(name).map((place) => place.chain);
    const siblings = heads.length === 0 ? NONE : list(directory);
    if (heads.some((head) => siblings.has(head) || known(path.join(directory, head)))) return false;
    if (isDirectory(file)) passed.set(file, 'folder');
    else if (/\.(gz|zst|bz2|xz)$/.test(name)) passed.set(file, 'archive');
    else return true;
    return false;
  }

  /** Whether there is something by this name; `untold` where the system refuses to tell. */
  function isThere(file: string, untold: boolean): boolean {
    try {
      return files.stat(file) !== undefined;
    } catch {
      return untold;
    }
  }

  /** A path is meant literally where it has no wildcard, or where a file has just this name. */
  const isExact = (pattern: string): boolean => !MAGIC.test(pattern) || isThere(pattern, false);

  /** Whether a file that was listed can be called by the name that it was listed with. */
  const isNamed = (file: string): boolean => !file.includes('\ufffd') || isThere(file, true);

  function search(): Set<string> {
    const all = new Set<string>();
    passed.clear();
    for (const [place, code] of troubles) if (code === NOT_UTF8) troubles.delete(place);
    for (const pattern of patterns) {
      const absolute = path.resolve(pattern);
      if (!isExact(pattern)) {
        for (const file of glob(pattern)) {
          if (isNamed(file)) all.add(file);
          else troubles.set(file, NOT_UTF8);
        }
        continue;
      }
      all.add(absolute);
      visited.add(path.dirname(absolute));
    }
    for (const file of passed.keys()) if (visited.has(file)) passed.delete(file);
    return all;
  }

  return {
    paths() {
      checked = new Set(visited);
      const changed = [...visited].map(refresh).some(Boolean);
      if (found && !changed) return found;
      visited = new Set();
      found = search();
      return found;
    },
    directories: () => visited,
    troubles: () => troubles,
    passed: () => passed,
    names: (file) => absolute.some((one) => one === file || (globMatcher(one)(file) && !isOwn(file))),
  };
}
