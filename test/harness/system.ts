/** The parts of the system that tests use for real. */
import fs from 'node:fs';

/** Globs by package, of which one proves that it is there. */
const proofs = readTable(new URL('./system-parts.txt', import.meta.url));

/**
 * For a test's options: skips it with the reason where a package is missing. Under CI=true nothing is skipped, so the test fails
 * where it misses the package. Throws an Error where the table has no such package, since then nobody would install it.
 */
export function needsParts(...packages: readonly string[]): { skip: string } | { skip: false } {
  const missing = packages.filter((name) => !isThere(name));
  if (missing.length === 0 || process.env.CI === 'true') return { skip: false };
  return { skip: `${missing.join(' and ')} missing; scripts/test installs them as root where there is apt-get` };
}

function isThere(name: string): boolean {
  const globs = proofs.get(name);
  if (globs === undefined) throw new Error(`test/harness/system-parts.txt has no package ${name}`);
  return fs.globSync(globs).length > 0;
}

function readTable(file: URL): ReadonlyMap<string, readonly string[]> {
  const rows = fs.readFileSync(file, 'utf8').split('\n');
  const words = rows.filter((row) => row !== '' && !row.startsWith('#')).map((row) => row.split(/\s+/));
  return new Map(words.map(([name, ...globs]) => [name!, globs]));
}
