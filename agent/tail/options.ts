/** The keys of `[input]`: which files are followed, and how. */
import * as z from 'zod/mini';
import type { Options } from '../types.ts';
import { parseDuration, parseSize } from '../wire/units.ts';

const duration = z.transform((text: string) => parseDuration(text));
const size = z.transform((text: string) => parseSize(text));

/** Shortest `poll` in ms: below this an idle agent would only spin. */
const SHORTEST_POLL = 10;
/** Smallest `max_line` in bytes: room for a character and for the mark of the cut. */
const SMALLEST_LINE = 64;

export const inputOptions = {
  path: {
    default: '/var/log/app/app.log',
    list: true,
    meaning:
      'The file to follow, or a glob. Several: path[] = FILE, one on each line. A relative path counts from the folder of the configuration file.',
    schema: z.transform(readPath),
  },
  start: {
    default: 'beginning',
    meaning:
      'At the first sight of a file: beginning or end of the live file, or oldest: the rotated files before it as well.',
    schema: z.enum(['beginning', 'end', 'oldest']),
  },
  rotated: {
    default: '',
    meaning:
      'A glob for rotated files that lie in another folder (olddir). Empty: they are found beside the live file.',
    schema: z.transform((text: string) => (text === '' ? undefined : readPath(text))),
  },
  poll: {
    default: '1s',
    meaning:
      'How often files are looked at when no event tells of a change. Of more than 200 files, those that have been read and quiet for 10s on a local file system are looked at in turn, each at least every 10s.',
    schema: duration.check(z.refine((ms) => ms >= SHORTEST_POLL, `the shortest is ${SHORTEST_POLL}ms`)),
  },
  watch: {
    default: 'auto',
    meaning: 'auto: file events, and polling as the truth. poll: polling alone, for network file systems.',
    schema: z.enum(['auto', 'poll']),
  },
  encoding: {
    default: 'utf-8',
    meaning:
      'How the files are encoded: any label of the WHATWG Encoding Standard, such as latin1, utf-16le or gb18030. A byte order mark says more. Records are always UTF-8.',
    schema: z.transform(readEncoding),
  },
  max_line: {
    default: '1MiB',
    meaning:
      'Longer lines are cut at a character, marked and counted. Above the default a line may take ten times its length of memory.',
    schema: size.check(z.refine((bytes) => bytes >= SMALLEST_LINE, `the smallest is ${SMALLEST_LINE} bytes`)),
  },
  close_after: {
    default: '5s',
    meaning: 'A renamed or deleted file is let go after it has been quiet for so long.',
    schema: duration,
  },
  hold_size: {
    default: '0',
    meaning: 'How many bytes of deleted files may be held open until they are read. 0 = no limit.',
    schema: size,
  },
  hold_age: {
    default: '0',
    meaning: 'How long a deleted file may be held open until it is read. 0 = no limit.',
    schema: duration,
  },
} as const satisfies Options;

function readPath(text: string): string {
  if (text === '') throw new Error('there is no path. Write one, or leave the key out');
  if (text.startsWith('~')) throw new Error(`'${text}': ~ is the shell's and means nothing here. Write the whole path`);
  return text;
}

function readEncoding(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    throw new Error(`'${label}' is no encoding that the WHATWG Encoding Standard names, such as utf-8 or latin1`);
  }
}
