/** The state's place in the file system: its folder, its rights, and what is done with a file that cannot be used. */
import fs from 'node:fs';
import path from 'node:path';
import { problemOf, StoreProblem } from './problem.ts';

/** Read and written by its owner alone: the spool holds log lines. */
const PRIVATE = 0o600;
/** SQLite keeps these beside its file, and gives them the file's own rights. */
const SIDE_FILES = ['-wal', '-shm'] as const;

/**
 * Makes the folder of `file` (mode 0700) when it is missing and its own parent is there; a missing parent is more likely a
 * misspelt path or a volume that is not mounted. Throws StoreProblem.
 */
export function prepareFolder(file: string): void {
  const folder = path.dirname(file);
  try {
    const unfit = unfitPlace(file);
    if (unfit !== undefined) throw new StoreProblem('unfit', 'spool-place', unfit);
    if (!fs.existsSync(folder)) fs.mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (isNoWay(error)) {
      const cure = `Make the folder ${folder}, mount its volume, or set [spool] path to another place.`;
      throw new StoreProblem(
        error.code,
        'spool-place',
        `Cannot make the folder ${folder}: ${path.dirname(folder)} is no folder. ${cure}`,
      );
    }
    throw problemOf(error, 'make the folder of', file);
  }
}

/**
 * Says why the state can never stand at `file`, whatever rights are given; undefined where it may. The rights of a device are
 * not to be touched, so this is asked before anything is opened. Throws as node:fs does where a folder may not be entered.
 */
export function unfitPlace(file: string): string | undefined {
  const cure = 'Set [spool] path to a file in a folder on a disk.';
  const there = fs.statSync(file, { throwIfNoEntry: false });
  if (there?.isDirectory())
    return `${file} is a folder. [spool] path names a file: use ${path.join(file, 'spool.db')}.`;
  if (there && !there.isFile()) return `${file} is no ordinary file, but a device, a pipe or a socket. ${cure}`;
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const stat = fs.statSync(folder, { throwIfNoEntry: false });
    if (stat && !stat.isDirectory()) return `The spool ${file} has no place: ${folder} is no folder. ${cure}`;
    if (stat && UNREAL.has(fs.statfsSync(folder).type))
      return `The spool ${file} has no place: the files in ${folder} are the kernel's own. ${cure}`;
    if (stat || folder === path.dirname(folder)) return undefined;
  }
}

/** File systems in which nobody makes files: proc, sysfs, cgroup, cgroup2, debugfs, tracefs (Linux magic numbers). */
const UNREAL: ReadonlySet<number> = new Set([0x9fa0, 0x62656572, 0x27e0eb, 0x63677270, 0x64626720, 0x74726163]);

function isNoWay(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** Whether there is a file. Throws as node:fs does where it cannot be known, for a folder on the way may not be entered. */
export function isThere(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Makes `file`, empty and readable by its owner alone, where it is missing. Throws StoreProblem.
 * An existing file is never opened here: closing it again would drop the locks that this process holds on it.
 */
export function createPrivate(file: string): void {
  try {
    if (!fs.existsSync(file)) fs.closeSync(fs.openSync(file, 'wx', PRIVATE));
  } catch (error) {
    throw problemOf(error, 'make', file);
  }
}

/** Takes the rights of all others from `file` and its side files. Throws StoreProblem. */
export function makePrivate(file: string): void {
  try {
    for (const one of [file, ...SIDE_FILES.map((end) => file + end)]) {
      const stat = fs.statSync(one, { throwIfNoEntry: false });
      if (stat && (stat.mode & 0o777) !== PRIVATE) fs.chmodSync(one, PRIVATE);
    }
  } catch (error) {
    throw problemOf(error, 'take the rights of others from', file);
  }
}

/**
 * Keeps an unusable file, and what SQLite had beside it, under the new name FILE.broken-YYYYMMDD-HHMMSS (UTC). Gives that name.
 * The side files go first: a new database must never find the write-ahead log of the old one. Throws StoreProblem.
 */
export function setAside(file: string, now: number): string {
  const stamp = new Date(now).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const wanted = `${file}.broken-${stamp}`;
  let kept = wanted;
  for (let n = 2; fs.existsSync(kept); n++) kept = `${wanted}-${n}`;
  try {
    for (const end of [...SIDE_FILES, '']) if (fs.existsSync(file + end)) fs.renameSync(file + end, kept + end);
  } catch (error) {
    throw problemOf(error, 'set aside', file);
  }
  return kept;
}

/** File systems that forget, by the type that statfs gives (Linux magic numbers). */
const FLEETING: Readonly<Record<number, string>> = {
  16914836: 'a tmpfs, which is memory and does not survive a restart of the host',
  2240043254: 'a ramfs, which is memory and does not survive a restart of the host',
  2035054128: "an overlay, a container's own layer, which does not survive the container",
};

/** Says why the state at `file` would not survive a restart; undefined where it would. `type`: what statfs says of its folder. */
export function fleeting(file: string, type = fs.statfsSync(path.dirname(file)).type): string | undefined {
  const what = FLEETING[type];
  if (what === undefined) return undefined;
  return `The spool ${file} stands on ${what}: positions, and what waits in the spool, are lost then. Set [spool] path to a volume that stays.`;
}

/** Bytes that a process without special rights may still write on the disk of `folder`. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = fs.statfsSync(folder);
  return bavail * bsize;
}
