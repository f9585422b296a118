/**
 * Events of the file system as hints: something may have happened to this path. A hint may come late, twice or never;
 * what is true is found by looking.
 */
import fs from 'node:fs';
import path from 'node:path';
import { codeOf } from './files.ts';
import { createNameWatch } from './watch-names.ts';

export type Watch = {
  /**
   * Watches exactly these directories from now on. `files` are those that are followed. Both are taken to be what they were where they
   * are the same objects.
   */
  directories(all: ReadonlySet<string>, files: Iterable<string>): void;
  /** Whether events tell of all that happens in a directory: it is watched, still the same, and nobody but this machine writes there. */
  hears(directory: string): boolean;
  close(): Promise<void>;
};

export type WatchParts = {
  /** Something may have happened to a file. `written`: it was there before and after, and only its content or its times changed. */
  hint(file: string, written?: boolean): void;
  /** Called once when events cannot be had, with the reason's code; nothing comes after it. */
  failed(code: string): void;
};

/** File systems of this machine's own, by the type that statfs gives (Linux magic numbers): all that happens in them is told. */
const OWN: ReadonlySet<number> = new Set([
  ...[0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010, 0xca451a4e, 0x858458f6],
]);

/** Of these reasons a directory may be rid; of any other, such as a lack of watches, the next directory would suffer as well. */
const PASSING: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM']);

/** `identity`: of the directory when it was begun with. `watcher`: where it is watched without chokidar. */
type Watched = { readonly identity: string | undefined; readonly watcher: fs.FSWatcher | undefined };

/** What tells a directory from another that gets its name; undefined where events may be missing from it. */
function identityOf(directory: string): string | undefined {
  try {
    if (!OWN.has(fs.statfsSync(directory).type)) return undefined;
    const { dev, ino, birthtimeMs } = fs.statSync(directory);
    return `${dev}:${ino}:${birthtimeMs}`;
  } catch {
    return undefined;
  }
}

/**
 * Directories alone are watched, one watch each however many files they hold. Where files are followed `fs.watch` does that, without
 * all that chokidar makes of each write; chokidar has the directories in which nothing is followed, and those that are not there, for
 * it waits for them.
 */
export function createWatch(parts: WatchParts): Watch {
  const watched = new Map<string, Watched>();
  /** Directories to be begun with anew: something happened where chokidar waits for one, or another has its name. */
  const stirred = new Set<string>();
  let all: ReadonlySet<string> = new Set();
  let files: Iterable<string> = [];
  let homes: ReadonlySet<string> = new Set();
  let over = false;
  const names = createNameWatch({
    hint(directory, name, written) {
      if (homes.has(directory)) stirred.add(directory);
      parts.hint(path.resolve(directory, name), written);
    },
    failed,
  });

  function failed(error: unknown): void {
    if (over) return;
    void close();
    parts.failed(codeOf(error) || String(error));
  }

  function hears(directory: string): boolean {
    const known = watched.get(directory);
    if (over || known?.identity === undefined) return false;
    const same = known.identity === identityOf(directory);
    if (!same) stirred.add(directory);
    return same;
  }

  /** Watches a directory without chokidar; undefined where the system does not let us, or it is not there. */
  function listen(directory: string): fs.FSWatcher | undefined {
    const prefix = path.join(directory, path.sep);
    const own = path.basename(directory);
    try {
      const watcher = fs.watch(directory, { persistent: false }, (event, name) => {
        if (over || name === null) return;
        parts.hint(prefix + name, event === 'change');
        // By its own name the system tells that it was moved or removed, and of nothing after a removal.
        if (event === 'rename' && name === own && !hears(directory)) begin(directory);
      });
      return watcher.on('error', failed);
    } catch (error) {
      if (!PASSING.has(codeOf(error))) failed(error);
      return undefined;
    }
  }

  function begin(directory: string): void {
    if (over) return;
    end(directory);
    // Asked for before it is watched: another that takes its name in between is then not taken for it.
    const identity = identityOf(directory);
    const watcher = homes.has(directory) ? listen(directory) : undefined;
    if (over) return;
    watched.set(directory, { identity, watcher });
    if (!watcher) names.add(directory);
  }

  function end(directory: string): void {
    const before = watched.get(directory);
    watched.delete(directory);
    stirred.delete(directory);
    if (before?.watcher) before.watcher.close();
    else if (before) names.remove(directory);
  }

  function close(): Promise<void> {
    over = true;
    for (const directory of [...watched.keys()]) end(directory);
    return names.close();
  }

  return {
    directories(these, followed) {
      if (over || (all === these && files === followed && stirred.size === 0)) return;
      const before = homes;
      if (files !== followed) homes = new Set(Array.from(followed, (file) => path.dirname(file)));
      all = these;
      files = followed;
      for (const directory of [...watched.keys()]) if (!all.has(directory)) end(directory);
      for (const directory of all) {
        const isNew = !watched.has(directory) || (homes.has(directory) && !before.has(directory));
        if (isNew || stirred.has(directory)) begin(directory);
      }
    },
    hears,
    close,
  };
}
