/** What `tailship check` says where two inputs name the same file, be it by a link or by globs that overlap. */
import fs from 'node:fs';
import { sectionText } from './config-names.ts';
import { type Placed, placeOf, warning } from './findings.ts';
import type { Loaded } from './sections.ts';
import { createDiscovery } from './tail/discovery.ts';
import { realFiles } from './tail/files.ts';
import { sharedText } from './tail/owners.ts';
import type { InputConfig } from './types.ts';
import { FILE_CODES } from './wire/codes-files.ts';

/** One finding for each pair of inputs that share files, which names the first of them. */
export function checkShared(loaded: Loaded): Placed[] {
  const readers = new Map<string, Set<InputConfig>>();
  const pairs = new Map<string, { one: InputConfig; other: InputConfig; files: string[] }>();
  for (const input of loaded.config.inputs) {
    const paths = createDiscovery(realFiles, input, () => false).paths();
    for (const file of [...paths].sort()) {
      const inode = inodeOf(file);
      if (inode === undefined) continue;
      const others = readers.get(inode) ?? new Set();
      readers.set(inode, others.add(input));
      for (const one of others) {
        if (one === input) continue;
        const pair = pairs.get(`${one.name}\n${input.name}`) ?? { one, other: input, files: [] };
        if (!pair.files.includes(file)) pair.files.push(file);
        pairs.set(`${one.name}\n${input.name}`, pair);
      }
    }
  }
  return [...pairs.values()].map(({ one, other, files }) => {
    const more = files.length === 1 ? '' : `, and so with ${files.length - 1} more`;
    return {
      ...warning('read-twice', `${sharedText(files[0]!, one.name, other.name)}${more}.`, FILE_CODES['read-twice'].cure),
      where: placeOf(loaded, sectionText('input', other.named ? other.name : undefined), 'path'),
    };
  });
}

function inodeOf(file: string): string | undefined {
  try {
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    return stat?.isFile() ? `${stat.dev}:${stat.ino}` : undefined;
  } catch {
    return undefined;
  }
}
