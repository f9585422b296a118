/** What happens in directories in which no file is followed yet, and in those that are not there yet, as chokidar tells it. */
import type { FSWatcher } from 'chokidar';

export type NameWatch = {
  add(directory: string): void;
  remove(directory: string): void;
  close(): Promise<void>;
};

export type NameWatchParts = {
  /** Something happened to a name in a directory. `written`: it was there before and after. */
  hint(directory: string, name: string, written: boolean): void;
  /** Events cannot be had; the reason. */
  failed(error: unknown): void;
};

/** chokidar is loaded for the first directory: where files are followed in each, nobody needs it. */
export function createNameWatch({ hint, failed }: NameWatchParts): NameWatch {
  const wanted = new Set<string>();
  let loading: Promise<FSWatcher> | undefined;
  let watcher: FSWatcher | undefined;
  let over = false;

  async function load(): Promise<FSWatcher> {
    const { watch } = await import('chokidar');
    const fresh = watch([], {
      persistent: false,
      ignoreInitial: true,
      depth: 0,
      ignored: (file) => !wanted.has(file),
      ignorePermissionErrors: true,
    });
    fresh.on('raw', (event, name, details) => {
      if (over || typeof name !== 'string') return;
      const directory: unknown =
        details && typeof details === 'object' && 'watchedPath' in details ? details.watchedPath : '';
      hint(typeof directory === 'string' ? directory : '', name, event === 'change');
    });
    fresh.on('error', failed);
    if (!over) fresh.add([...wanted]);
    watcher = fresh;
    return fresh;
  }

  return {
    add(directory) {
      wanted.add(directory);
      watcher?.add(directory);
      loading ??= load();
    },
    remove(directory) {
      wanted.delete(directory);
      watcher?.unwatch(directory);
    },
    async close() {
      over = true;
      await (await loading)?.close();
    },
  };
}
