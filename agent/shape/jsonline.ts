/** JSON lines: one object a line. */

import type { Match } from './draft.ts';
import { type Field, matchFields, type See } from './fields.ts';

/** Takes an object apart; null where the line is none. */
export function matchJson(line: string): Match | null {
  const fields = readMembers(line);
  return fields ? matchFields(line, fields) : null;
}

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const BLANK = 0x20;
const SCALAR = /[^,}\] \t\r\n]+/y;

/**
 * The members of an object by name. What is no string keeps its JSON as written, so that no digit of a number is lost; only white space
 * between its pieces that would be a control character goes. Undefined where the text is no object. `see` is told where each value stands.
 */
export function readMembers(text: string, see?: See): Map<string, Field> | undefined {
  if (!/^[ \t]*\{/.test(text) || !isJson(text)) return undefined;
  const fields = new Map<string, Field>();
  // The text is JSON, so from here on every token is where it must be.
  let at = skip(SPACE, text, text.indexOf('{') + 1);
  while (text[at] !== '}') {
    const keyEnd = stringEnd(text, at);
    const name = stringOf(text.slice(at, keyEnd));
    const begin = skip(SPACE, text, text.indexOf(':', keyEnd) + 1);
    const end = valueEnd(text, begin);
    fields.delete(name);
    fields.set(name, fieldOf(text.slice(begin, end)));
    see?.(name, begin, end);
    at = skip(SPACE, text, end);
    if (text[at] === ',') at = skip(SPACE, text, at + 1);
  }
  return fields;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function fieldOf(raw: string): Field {
  if (raw.startsWith('"')) return { text: stringOf(raw) };
  if (raw === 'null') return { text: '', raw };
  const clean = /[\0-\x1f\x7f]/.test(raw) ? JSON.stringify(JSON.parse(raw)).replaceAll('\x7f', '\\u007f') : raw;
  return { text: clean, raw: clean };
}

function valueEnd(text: string, begin: number): number {
  const first = text[begin];
  if (first === '"') return stringEnd(text, begin);
  if (first !== '{' && first !== '[') return skip(SCALAR, text, begin);
  let depth = 0;
  for (let at = begin; ; at += 1) {
    const char = text[at];
    if (char === '"') at = stringEnd(text, at) - 1;
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
}

/** Where a string ends that begins at `at`; few have an escape. */
function stringEnd(text: string, at: number): number {
  const end = text.indexOf('"', at + 1);
  return text.slice(at, end).includes('\\') ? skip(STRING, text, at) : end + 1;
}

function stringOf(raw: string): string {
  return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
}

function skip(what: RegExp, text: string, at: number): number {
  // White space is seldom there.
  if (what === SPACE && text.charCodeAt(at) > BLANK) return at;
  what.lastIndex = at;
  return what.test(text) ? what.lastIndex : at;
}
