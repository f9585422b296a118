/**
 * Notices that the configuration file has changed, where `[agent] reload = change` asks for that. It is looked at once a second, which
 * sees what events miss: the swapped symbolic link of a ConfigMap, a file that an editor renames into place, a network file system.
 */
import fs from 'node:fs';
import type { Clock } from './types.ts';

/** How often it is looked, and for how long nothing must have changed before it is read, ms: somebody may still be writing. */
const EVERY = 1_000;
const QUIET = 2_000;

export type ConfigWatchParts = {
  readonly clock: Clock;
  /** The file, or undefined while none is watched. */
  readonly file: () => string | undefined;
  /** Called once after every change, when the file has been quiet for a moment. `state`: what stands there now. */
  readonly changed: (state: 'written' | 'empty' | 'gone') => void;
  /**
   * What tells one content from another, and how many bytes there are; undefined where there is no such file. The real one when
   * left out.
   */
  readonly look?: (file: string) => Seen;
};

type Seen = { readonly mark: string; readonly size: number } | undefined;

/** Watches until the result is called. What stands there at the start counts as read. */
export function watchConfig({ clock, file, changed, look = lookAt }: ConfigWatchParts): () => void {
  let watched = file();
  let read = watched === undefined ? undefined : look(watched);
  let last = read;
  let since = clock.ticks();
  let cancel: () => void;

  function tick(): void {
    cancel = clock.after(EVERY, tick);
    const name = file();
    const seen = name === undefined ? undefined : look(name);
    if (name !== watched || name === undefined) {
      watched = name;
      read = seen;
    } else if (seen?.mark !== last?.mark) since = clock.ticks();
    else if (seen?.mark !== read?.mark && clock.ticks() - since >= QUIET) {
      read = seen;
      changed(seen === undefined ? 'gone' : seen.size === 0 ? 'empty' : 'written');
    }
    last = seen;
  }

  cancel = clock.after(EVERY, tick);
  return () => cancel();
}

function lookAt(file: string): Seen {
  try {
    // Follows symbolic links, so that another target is another file.
    const { dev, ino, size, mtimeNs, ctimeNs } = fs.statSync(file, { bigint: true });
    return { mark: [dev, ino, size, mtimeNs, ctimeNs].join(), size: Number(size) };
  } catch {
    return undefined;
  }
}
