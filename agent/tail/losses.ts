/**
 * What is said and counted where bytes are known never to become lines.
 */
import type { InputConfig, Log, Loss } from '../types.ts';
import type { Candidate } from './candidate.ts';
import type { Gen } from './generation.ts';

type Parts = { readonly input: InputConfig; readonly log: Log; lost(loss: Loss): void };

export type Losses = {
  /** The bytes of `gen` from `from` to its known end are nowhere any more. */
  lose(gen: Gen, from: number, cause: Loss['cause']): void;
  /** The file of `gen`, unread from `from` on, is gone; `unseen`: since the agent last ran, so that it may have grown before. */
  vanished(gen: Gen, from: number, unseen: boolean): void;
  /** The bytes of `gen` behind `from` are there and cannot be had. */
  unreadable(gen: Gen, from: number, reason: string): void;
  /** A rotated file of which nothing was read will not be read. It is told of once. */
  neverRead(found: Candidate, why: string): void;
};

export function createLosses({ input, log, lost }: Parts): Losses {
  const name = { input: input.name };
  /** Files that are told of already: rotation goes on renaming them. */
  const told = new Set<string>();
  const lose: Losses['lose'] = (gen, from, cause) => {
    const { path, size: to } = gen;
    log.warn(
      'bytes-lost',
      `${to - from} bytes of ${path} are lost: it was ${cause} before bytes ${from} to ${to} were read`,
      name,
    );
    lost({ input: input.name, file: gen.file, path, from, to, cause });
  };
  return {
    lose,
    vanished(gen, from, unseen) {
      if (from < gen.size) lose(gen, from, gen.ended ? 'truncated' : 'deleted');
      else if (unseen) {
        const what = `what was written to it behind byte ${from} is not known`;
        log.warn('gone-unread', `${gen.path} is gone since the agent last ran: ${what}`, name);
      }
    },
    unreadable(gen, from, reason) {
      const { path } = gen;
      const what = `${path} cannot be read behind byte ${from}: ${reason}`;
      log.warn('bytes-unreadable', `${what}; the lines that follow there are missing`, name);
      const to = Math.max(from, gen.size);
      lost({ input: input.name, file: gen.file, path, from, to, cause: 'unreadable' });
    },
    neverRead(found, why) {
      const file = `${found.dev}:${found.ino}:${found.birth}`;
      if (told.has(file)) return;
      told.add(file);
      log.warn('never-read', `${found.path} was never read and ${why}: its lines are missing`, name);
      const to = found.stat.size;
      lost({ input: input.name, file: undefined, path: found.path, from: 0, to, cause: 'unreadable' });
    },
  };
}
