/**
 * Events of the file system as hints: something may have happened to this path. A hint may come late, twice or never;
 * what is true is found by looking.
 */
import path from 'node:path';
import { watch as chokidar, type FSWatcher } from 'chokidar';

export type Watch = {
  /** Watches exactly these directories from now on. */
  directories(paths: readonly string[]): void;
  close(): Promise<void>;
};

export type WatchParts = {
  hint(file: string): void;
  /** Called once when events cannot be had, with the reason's code; nothing comes after it. */
  failed(code: string): void;
};

/** Directories alone are watched, one watch each however many files they hold: their raw events name the file. */
export function createWatch(parts: WatchParts): Watch {
  const watched = new Set<string>();
  let over = false;
  const watcher: FSWatcher = chokidar([], {
    persistent: false,
    ignoreInitial: true,
    depth: 0,
    ignored: (file) => !watched.has(file),
    ignorePermissionErrors: true,
  });
  watcher.on('raw', (_event, name, details) => {
    if (over || typeof name !== 'string') return;
    const directory: unknown =
      details && typeof details === 'object' && 'watchedPath' in details ? details.watchedPath : '';
    parts.hint(path.resolve(typeof directory === 'string' ? directory : '', name));
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
      const removed = [...watched].filter((directory) => !paths.includes(directory));
      for (const directory of added) watched.add(directory);
      for (const directory of removed) watched.delete(directory);
      if (added.length > 0) watcher.add(added);
      if (removed.length > 0) watcher.unwatch(removed);
    },
    async close() {
      over = true;
      await watcher.close();
    },
  };
}
