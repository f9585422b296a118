/** What can go wrong with the state on disk, said so that the operator can mend it. */
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { Code } from '../wire/codes.ts';
import { wordsOf } from '../wire/words.ts';

/**
 * A fault of the state file. `message` is whole sentences: what, where, why, and the cure.
 * `code` is SQLite's extended result code (SQLITE_FULL …), the system's (EACCES …), or one of `held` (another process has
 * the state), `newer` (written by a newer tailship) and `foreign` (another program's database). `explain` is the code under
 * which `tailship explain` tells more.
 */
export class StoreProblem extends Error {
  readonly code: string;
  readonly explain: Code;

  constructor(code: string, explain: Code, sentence: string, cause?: unknown) {
    super(sentence, { cause });
    this.name = 'StoreProblem';
    this.code = code;
    this.explain = explain;
  }
}

/** Beginning of a code -> code to explain, reason and cure. The first that fits is taken. */
const REASONS = [
  ['SQLITE_FULL', 'disk-full', 'the disk is full. Free some space there, or set [spool] path to a larger disk.'],
  ['ENOSPC', 'disk-full', 'the disk is full. Free some space there, or set [spool] path to a larger disk.'],
  ['EDQUOT', 'disk-full', 'the disk quota is used up. Raise it, or set [spool] path to another disk.'],
  ['SQLITE_IOERR_SHORT_READ', 'spool-damaged', 'the file was cut off. tailship sets it aside and saves what it can.'],
  [
    'SQLITE_IOERR',
    'disk-error',
    'the disk gave an error. See what the kernel says (dmesg), or set [spool] path to another disk.',
  ],
  [
    'EIO',
    'disk-error',
    'the disk gave an error. See what the kernel says (dmesg), or set [spool] path to another disk.',
  ],
  [
    'SQLITE_READONLY',
    'spool-denied',
    'it is read-only. Make the disk and the file writable, or set [spool] path to another place.',
  ],
  ['EROFS', 'spool-denied', 'the disk is read-only. Make it writable, or set [spool] path to another place.'],
  ['SQLITE_CORRUPT', 'spool-damaged', 'the file is damaged. tailship sets it aside and saves what it can.'],
  ['SQLITE_NOTADB', 'spool-foreign', 'it is not a SQLite file. Move it away, or set [spool] path to another place.'],
  ['SQLITE_BUSY', 'spool-locked', 'another program has locked it. Close whatever else has this file open.'],
  [
    'SQLITE_NOMEM',
    'memory-short',
    'there is not enough memory. Give the process more, or make [syslog] window smaller.',
  ],
] as const;
const DENIED = ['EACCES', 'EPERM', 'SQLITE_CANTOPEN', 'SQLITE_PERM', 'SQLITE_AUTH'] as const;

/** What SQLite says of a wrong statement or value: a fault of the program, which no retry and no operator can mend. */
const OWN_FAULTS = ['SQLITE_ERROR', 'SQLITE_CONSTRAINT', 'SQLITE_MISMATCH', 'SQLITE_MISUSE', 'SQLITE_RANGE'] as const;

/**
 * `error` as a StoreProblem when the disk or the file is at fault, otherwise unchanged.
 * `doing`: what was tried, as in "Cannot DOING FILE".
 */
export function problemOf(error: unknown, doing: string, file: string): unknown {
  const code = codeOf(error);
  if (error instanceof StoreProblem || code === undefined) return error;
  const startsIn = (starts: readonly string[]) => starts.some((start) => code.startsWith(start));
  if (startsIn(OWN_FAULTS)) return error;
  const known = REASONS.find(([start]) => code.startsWith(start));
  const reason = startsIn(DENIED)
    ? deniedTo(file, doing)
    : (known?.[2] ?? `${wordsOf(error)}. Set [spool] path to a place that works.`);
  const explain = startsIn(DENIED) ? 'spool-denied' : (known?.[1] ?? 'disk-error');
  return new StoreProblem(code, explain, `Cannot ${doing} ${file}: ${reason} (${code})`, error);
}

/** What is said while the disk is known to be full. */
export function fullDisk(file: string): StoreProblem {
  return new StoreProblem('SQLITE_FULL', 'disk-full', `Cannot spool into ${file}: ${REASONS[0][2]} (SQLITE_FULL)`);
}

/** Whether `error` says that the file's content is no usable database, so that a new one must be begun. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  // A file that was cut off ends in the middle of a page.
  return ['SQLITE_NOTADB', 'SQLITE_IOERR_SHORT_READ'].includes(code) || code.startsWith('SQLITE_CORRUPT');
}

/** Whether `error` says that the disk has no room. SQLite's index of its log has a code of its own for that. */
export function isFull(error: unknown): boolean {
  return ['SQLITE_FULL', 'ENOSPC', 'EDQUOT', 'SQLITE_IOERR_SHMSIZE'].includes(codeOf(error) ?? '');
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof StoreProblem || error instanceof Database.SqliteError) return error.code;
  return error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : undefined;
}

function deniedTo(file: string, doing: string): string {
  const uid = process.geteuid?.();
  if (uid === 0)
    return 'not even root may write there: it is write-protected, or its disk is. Set [spool] path to another place.';
  const name = nameOf(uid);
  const who = name === undefined ? `uid ${uid}` : `user ${name}${uid === undefined ? '' : ` (uid ${uid})`}`;
  if (doing === 'read') return `${who} may not look at it. Ask as the user that runs tailship, or as root.`;
  const cure = `chown ${name ?? uid} ${path.dirname(file)} ${file}*`;
  return `${who} may not write there. Allow it with "${cure}", or set [spool] path to a place that it may write.`;
}

/** In a container the uid often has no name. */
function nameOf(uid: number | undefined): string | undefined {
  try {
    const user = os.userInfo();
    return uid === undefined || user.uid === uid ? user.username : undefined;
  } catch {
    return undefined;
  }
}
