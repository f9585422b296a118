/** What the system allows this process. */
import fs from 'node:fs';

/** Where the system does not say: the usual limit of a service. */
const USUAL = 1024;

/** How many files, sockets included, the process may have open at once. */
export function openFilesLimit(): number {
  const limit = Number(softLimit('open files'));
  return Number.isInteger(limit) ? limit : USUAL;
}

/**
 * Whether the address space of the process is limited (RLIMIT_AS). Each thread of JavaScript reserves hundreds of MiB of it, and where
 * it gets none V8 ends the whole process.
 */
export function hasLimitedAddressSpace(): boolean {
  return /^\d+$/.test(softLimit('address space') ?? '');
}

/** `unlimited` or a number; undefined where the system does not say. */
function softLimit(of: string): string | undefined {
  try {
    return new RegExp(`^Max ${of} +(\\S+)`, 'm').exec(fs.readFileSync('/proc/self/limits', 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
