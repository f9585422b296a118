/** What is done when the state file is removed under a running agent: the open database still holds everything. */
import fs from 'node:fs';
import type Database from 'better-sqlite3';
import type { Log } from '../types.ts';
import { createPrivate, prepareFolder } from './place.ts';
import { problemOf } from './problem.ts';

export type Rescue = {
  /** Whether the file still has its name. A look costs one stat. */
  standing(): boolean;
  /** Writes the whole open database anew under its name, where nothing has that name. What prevents it is said as an error. */
  restore(): void;
};

export function createRescue(db: Database.Database, log: Log): Rescue {
  const standing = () => fs.existsSync(db.name);
  return {
    standing,
    restore() {
      if (standing()) return;
      try {
        prepareFolder(db.name);
        createPrivate(db.name);
        db.prepare('VACUUM INTO ?').run(db.name);
      } catch (error) {
        const problem = problemOf(error, 'write anew', db.name);
        const reason = problem instanceof Error ? problem.message : problem;
        log.error('spool-not-rewritten', `${reason} What stood in the spool only is lost.`);
      }
    },
  };
}
