/** Globs. Most have no other magic than `*`; for the rest Node loads a library, which takes a megabyte and 5 ms of each start. */
import path from 'node:path';

const PLAIN = /^(?!.*\*\*)[\w./*-]+$/;
/** There Node's globs take letters of either size. */
const FLAGS = ['darwin', 'win32'].includes(process.platform) ? 'i' : '';

/** Tells whether a glob matches a path, as `path.matchesGlob` does. Neither has `.` or `..` as a part. */
export function globMatcher(glob: string): (file: string) => boolean {
  if (!PLAIN.test(glob)) return (file) => path.matchesGlob(file, glob);
  // Where a name begins, a star takes one character at least, and no dot.
  const source = glob.replaceAll(/(^|\/)\*|[*.]/g, (found, before?: string) => {
    if (found === '.') return '\\.';
    return before === undefined ? '[^/]*' : `${before}(?=[^./])[^/]*`;
  });
  const pattern = new RegExp(`^${source}$`, FLAGS);
  return (file) => pattern.test(file);
}
