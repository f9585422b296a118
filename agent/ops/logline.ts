/** How one entry of the agent's own log looks, and what must never stand in it. */
import type { LogConfig } from '../types.ts';
import { forJournal } from '../wire/journal.ts';
import { printable } from '../wire/printable.ts';

export type Fields = Readonly<Record<string, unknown>>;

const SECRET = /token|password|passwd|secret|authorization/i;
/** `scheme://user:word@host`: nobody needs the word to know which server is meant. */
const CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi;
/** Names that the entry itself uses. */
const RESERVED = new Set(['level', 'time', 'code', 'msg']);

export function withoutCredentials(text: string): string {
  return text.replace(CREDENTIALS, '$1***@');
}

/** Fields as they may be written: no secrets, errors as their sentence, no name that the entry itself uses. */
export function presentable(fields: Fields): Fields {
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    shown[RESERVED.has(name) ? `${name}_` : name] = SECRET.test(name) ? '***' : presentableValue(value);
  }
  return shown;
}

function presentableValue(value: unknown): unknown {
  if (value instanceof Error) return withoutCredentials(value.message);
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'string' ? withoutCredentials(value) : value;
}

/** `12:03:04 WARN  The sentence. [code] key=value` from one JSON line. */
export function toTerminalLine(json: string): string {
  const { level, time, code, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${toWord(value)}`);
  const sentence = printable(String(msg ?? ''));
  const named = code === undefined ? '' : ` [${code}]`;
  return `${clockTime(new Date(String(time)))} ${String(level).toUpperCase().padEnd(5)} ${sentence}${named}${pairs.join('')}\n`;
}

/** The JSON line with its priority before it. */
export function toJournalLine(json: string): string {
  const { level } = JSON.parse(json) as { readonly level: LogConfig['level'] };
  return forJournal(level, json);
}

/** Hours, minutes and seconds in the zone of whoever reads it. */
export function clockTime(date: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** A value as one word: quoted where it holds blanks, quotes or control characters. */
function toWord(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"=\x00-\x1f\x7f-\x9f]+$/.test(text) ? text : printable(JSON.stringify(text));
}
