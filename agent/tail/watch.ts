/**
 * Events of the file system as hints: something may have happened to this path. A hint may come late, twice or never;
 * what is true is found by looking.
 */
import fs from 'node:fs';
import path from 'node:path';
import { watch as chokidar, type FSWatcher } from 'chokidar';

export type Watch = {
  /** Watches exactly these directories from now on. */
  directories(paths: readonly string[]): void;
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

/** Directories alone are watched, one watch each however many files they hold: their raw events name the file. */
export function createWatch(parts: WatchParts): Watch {
  const watched = new Map<string, string | undefined>();
  let over = false;
  const watcher: FSWatcher = chokidar([], {
    persistent: false,
    ignoreInitial: true,
    depth: 0,
    ignored: (file) => !watched.has(file),
    ignorePermissionErrors: true,
  });
  watcher.on('raw', (event, name, details) => {
    if (over || typeof name !== 'string') return;
    const directory: unknown =
      details && typeof details === 'object' && 'watchedPath' in details ? details.watchedPath : '';
    parts.hint(path.resolve(typeof directory === 'string' ? directory : '', name), event === 'change');
  });
  watcher.on('error', (error) => {
    if (over) return;
    over = true;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    void watcher.close();
    parts.failed(code);
  });
  return {
    directories(paths) {
      if (over) return;
      const added = paths.filter((directory) => !watched.has(directory));
      const removed = [...watched.keys()].filter((directory) => !paths.includes(directory));
      for (const directory of added) watched.set(directory, identityOf(directory));
      for (const directory of removed) watched.delete(directory);
      if (added.length > 0) watcher.add(added);
      if (removed.length > 0) watcher.unwatch(removed);
    },
    hears(directory) {
      const identity = watched.get(directory);
      return !over && identity !== undefined && identity === identityOf(directory);
    },
    async close() {
      over = true;
      await watcher.close();
    },
  };
}
