/** The keys of `[spool]`: where what cannot be sent yet is kept. */
import * as z from 'zod/mini';
import type { Options } from '../types.ts';
import { parseDuration, parseSize } from '../wire/units.ts';

/** Smallest `max_size` in bytes: SQLite's own pages, its log, and a batch. */
const SMALLEST_SPOOL = 512 * 1024;

export const spoolOptions = {
  path: {
    default: '/var/lib/tailship/spool.db',
    meaning:
      'The SQLite file that holds positions and spool. A relative path counts from the folder of the configuration file.',
    schema: z
      .string()
      .check(
        z.minLength(1, 'there is no path. Write one, or leave the key out'),
        z.regex(/^[^~]/, "~ is the shell's and means nothing here. Write the whole path"),
      ),
  },
  max_size: {
    default: 'auto',
    meaning: 'Largest size of the spool on disk. auto: 1GiB, or a tenth of the free space if that is less.',
    schema: z.transform(readSize),
  },
  max_age: {
    default: 'never',
    meaning: 'Spooled records older than this are dropped and counted. never: they are kept.',
    schema: z.transform(readAge),
  },
  full: {
    default: 'block',
    meaning:
      'When the spool is full: block (the log files themselves wait), drop-oldest or drop-newest (dropped and counted).',
    schema: z.enum(['block', 'drop-oldest', 'drop-newest']),
  },
  sync: {
    default: 'normal',
    meaning: 'normal: safe when the agent dies. full: each commit reaches the disk, safe when the power fails too.',
    schema: z.enum(['normal', 'full']),
  },
} as const satisfies Options;

function readAge(text: string): number | undefined {
  if (text === 'never') return undefined;
  const ms = parseDuration(text, 'never');
  if (ms === 0) throw new Error(`${text} would drop every record at once. Write never to keep them all`);
  return ms;
}

function readSize(text: string): number | undefined {
  if (text === 'auto') return undefined;
  const bytes = parseSize(text, 'auto');
  if (bytes < SMALLEST_SPOOL)
    throw new Error(`${text} is too small for a spool; the smallest is 512KiB. Is the unit missing`);
  return bytes;
}
