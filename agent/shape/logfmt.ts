/** logfmt: `key=value key="a value" flag`, as Go's programs and Heroku's router write it. */

import type { Match } from './draft.ts';
import { type Field, matchFields, type See } from './fields.ts';

/** A key, and behind `=` a value in quotes, one without, or none. */
const PAIR = /([^\s"=]+)(=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*)))?(?:\s+|$)/y;

/** Takes a line apart that is nothing but pairs and flags and begins with a pair; null where the line is none. */
export function matchLogfmt(line: string): Match | null {
  const fields = readPairs(line);
  return fields ? matchFields(line, fields) : null;
}

/** The pairs of such a line by name. `see` is told where each value stands, and of a flag that it stands nowhere. */
export function readPairs(line: string, see?: See): Map<string, Field> | undefined {
  const fields = new Map<string, Field>();
  let at = line.length - line.trimStart().length;
  const begin = at;
  while (at < line.length) {
    PAIR.lastIndex = at;
    const found = PAIR.exec(line);
    if (!found || (at === begin && found[2] === undefined)) return undefined;
    const [, name = '', pair, quoted, plain = ''] = found;
    const flag = { text: 'true', raw: 'true' };
    fields.delete(name);
    fields.set(name, pair === undefined ? flag : { text: quoted === undefined ? plain : unquote(quoted) });
    const value = at + name.length + 1;
    if (pair === undefined) see?.(name, value - 1, value - 1);
    else see?.(name, value, value + pair.length - 1);
    at = PAIR.lastIndex;
  }
  return fields.size === 0 ? undefined : fields;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\' };

function unquote(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(
    /\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2})|(.))/gs,
    (all, wide, narrow, letter: string | undefined) => {
      const code = wide ?? narrow;
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
      return ESCAPES[letter ?? ''] ?? all;
    },
  );
}
