/**
 * A file that was found to bear one of a chain's names, opened only where its bytes are asked for.
 */
import { codeOf, type Files, type Stat } from './files.ts';
import { clueBefore, readHead, unpackedClueBefore, unpackedSize } from './fingerprint.ts';
import type { Rotated } from './names.ts';
import type { Found } from './rotation-parts.ts';

/** A file's path, and where its name stands in the chain; undefined for the live one. */
export type Member = { readonly path: string; readonly place: Rotated | undefined };

/**
 * A found file and its descriptor, which whoever keeps the file takes over. A class, because ten thousand of them may be made in one
 * look, and as closures they would take ten times the memory.
 */
export class Candidate implements Found {
  readonly path: string;
  readonly live: boolean;
  readonly place: Rotated | undefined;
  readonly dev: number;
  readonly ino: number;
  readonly birth: number;
  readonly packed: string | undefined;
  stat: Stat;
  private readonly files: Files;
  private fd: number | undefined;
  private bytes: Uint8Array | undefined;
  private refused = false;
  private isVanished = false;

  constructor(files: Files, member: Member, seen: Stat, live: boolean) {
    this.files = files;
    this.path = member.path;
    this.live = live;
    this.place = member.place;
    this.dev = seen.dev;
    this.ino = seen.ino;
    this.birth = seen.birth;
    this.packed = member.place?.packed;
    this.stat = seen;
  }

  get modified(): number {
    return this.stat.modified;
  }

  get size(): number | undefined {
    return this.packed ? undefined : this.stat.size;
  }

  private open(): number | undefined {
    if (this.fd !== undefined || this.refused) return this.fd;
    try {
      this.fd = openThis(this.files, this.path, this.stat);
      this.isVanished = this.fd === undefined;
    } catch (error) {
      this.isVanished = codeOf(error) === 'ENOENT';
    }
    this.refused = this.fd === undefined;
    return this.fd;
  }

  private attempt<T>(run: (open: number) => T): T | undefined {
    const open = this.open();
    try {
      return open === undefined ? undefined : run(open);
    } catch {
      return undefined;
    }
  }

  head(): Uint8Array | undefined {
    const { files, packed } = this;
    if (packed !== undefined && packed !== 'gz') return new Uint8Array();
    this.bytes ??= this.attempt((open) => {
      const bytes = readHead(files, open, packed !== undefined);
      const now = files.fstat(open);
      // Truncated since it was first looked at: size and head must tell of the same bytes.
      if (now.size < this.stat.size) this.stat = now;
      return bytes;
    });
    return this.bytes;
  }

  clue(offset: number): string | undefined {
    const { files, packed } = this;
    if (packed === undefined) return this.attempt((open) => clueBefore(files, open, offset));
    return packed === 'gz'
      ? this.attempt((open) => unpackedClueBefore(files, open, this.stat.size, offset))
      : undefined;
  }

  /** The unpacked size of a gzip archive that holds about `expected` bytes or more; undefined where it cannot be told. */
  unpacked(expected: number): number | undefined {
    return this.attempt((open) => unpackedSize(this.files, open, this.stat.size, expected));
  }

  /** True where it was removed, renamed or replaced before it could be opened. */
  vanished(): boolean {
    return this.isVanished;
  }

  takeFd(): number | undefined {
    const open = this.open();
    this.fd = undefined;
    this.refused = true;
    return open;
  }

  release(): void {
    if (this.fd !== undefined) this.files.close(this.fd);
    this.fd = undefined;
    this.refused = true;
  }
}

/** Opens the file that `stat` tells of; undefined where another one has its name by now. Throws as node:fs does. */
function openThis(files: Files, file: string, stat: Stat): number | undefined {
  const fd = files.open(file);
  try {
    const now = files.fstat(fd);
    if (now.ino === stat.ino && now.dev === stat.dev && now.birth === stat.birth) return fd;
  } catch (error) {
    files.close(fd);
    throw error;
  }
  files.close(fd);
  return undefined;
}
