/** What can befall the state file while the agent runs, after which the agent is run again on what is left of it. */
import type { Store } from './store/store.ts';
import type { Log } from './types.ts';

const TROUBLES = {
  removed: {
    code: 'spool-removed',
    sentence: (path: string) => `Somebody removed ${path}. It is written anew, and nothing in it is lost.`,
  },
  damaged: {
    code: 'spool-damaged',
    sentence: (path: string) =>
      `The spool ${path} is damaged. It is closed and opened again, so that what can be read of it is saved.`,
  },
} as const;

/** Says in the log what has befallen the state file at `path`. */
export function sayTrouble(trouble: NonNullable<ReturnType<Store['trouble']>>, path: string, log: Log): void {
  const { code, sentence } = TROUBLES[trouble];
  log.error(code, sentence(path));
}
