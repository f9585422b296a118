/** What the system allows this process. */
import fs from 'node:fs';

/** Where the system does not say: the usual limit of a service. */
const USUAL = 1024;

/** How many files, sockets included, the process may have open at once. */
export function openFilesLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? USUAL : Number(soft);
  } catch {
    return USUAL;
  }
}
