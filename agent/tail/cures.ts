import { wordsOf } from '../wire/words.ts';
import { codeOf } from './files.ts';

const CURES: Readonly<Record<string, string>> = {
  EACCES: 'give the agent the right to read it (and to enter its folder); it is tried again at every poll',
  EPERM: 'give the agent the right to read it; it is tried again at every poll',
  EMFILE: 'raise the limit of open files (ulimit -n, LimitNOFILE)',
  ENFILE: 'the host has no file descriptors left (sysctl fs.file-max)',
  ELOOP: 'its symbolic links lead back to themselves',
};

/** What the operator can do about a file or folder that cannot be looked into, by the code of node:fs. */
export const cureOf = (code: string): string => CURES[code] ?? 'it is tried again at every poll';

/** A sentence for the operator: what cannot be read, why, and the cure. */
export function troubleOf(path: string, error: unknown): string {
  const code = codeOf(error);
  return `${path} cannot be read (${code || wordsOf(error)}): ${cureOf(code)}`;
}
