/** The version of this program, from its package.json: found upwards from here, in a checkout as in an installed package. */
import fs from 'node:fs';
import path from 'node:path';

type Manifest = { readonly name?: unknown; readonly version?: unknown };

let known: string | undefined;

export function readVersion(): string {
  known ??= lookUp();
  return known;
}

function lookUp(): string {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    try {
      const found = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
      if (found.name === 'tailship') return String(found.version);
    } catch {
      // No package.json here, or not a readable one: one folder up.
    }
    if (folder === path.dirname(folder)) return 'unknown';
  }
}
