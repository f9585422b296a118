/** logfmt: `key=value key="a value" flag`, as Go's programs and Heroku's router write it. */

import type { Match } from './draft.ts';
import { type Field, matchFields } from './fields.ts';

/** A key, and behind `=` a value in quotes, one without, or none. */
const PAIR = /([^\s"=]+)(=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*)))?(?:\s+|$)/y;

/** Takes a line apart that is nothing but pairs and flags and begins with a pair; null where the line is none. */
export function matchLogfmt(line: string): Match | null {
  const fields = new Map<string, Field>();
  let at = line.length - line.trimStart().length;
  const begin = at;
  while (at < line.length) {
    PAIR.lastIndex = at;
    const found = PAIR.exec(line);
    if (!found || (at === begin && found[2] === undefined)) return null;
    const [, name = '', pair, quoted, plain = ''] = found;
    const flag = { text: 'true', raw: 'true' };
    fields.delete(name);
    fields.set(name, pair === undefined ? flag : { text: quoted === undefined ? plain : unquote(quoted) });
    at = PAIR.lastIndex;
  }
  return fields.size === 0 ? null : matchFields(line, fields);
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
