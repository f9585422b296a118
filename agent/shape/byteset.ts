/** Sets of bytes: what one character of a regular expression can take, in UTF-8. */

/**
 * By byte: 1 where it belongs to the set, 0 where it does not. 2 stands at the bytes of characters beyond ASCII where some of these
 * belong to it and others do not, or where they have to be counted.
 */
export type ByteSet = Uint8Array;

/** What `\s` takes beyond U+00FF (ECMA-262, WhiteSpace and LineTerminator): single units, and both ends of a range. */
const SPACES = [0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff];
/** Octal and short escapes name no others. */
const SHORT = Array.from({ length: 0x80 }, (_, i) => 0x80 + i);
const LAST = 0xffff;
const BYTES = 256;
const EACH_BYTE = 0x01010101;
const known = new Map<string, ByteSet>();

/** The bytes that a character, class or escape takes, asked of V8 itself (flag `s`). `counted`: it matters how many characters. */
export function bytesTakenBy(raw: string, counted: boolean): ByteSet {
  const key = `${counted} ${raw}`;
  const set = known.get(key) ?? ask(raw, counted);
  known.set(key, set);
  return set;
}

function ask(raw: string, counted: boolean): ByteSet {
  // Most of an expression are letters, and to ask takes 50 us.
  if (/^[\w ]$/.test(raw)) return bytes((byte) => Number(byte === raw.charCodeAt(0)));
  const units = unitsBeyond(raw);
  const left = units.replace(new RegExp(raw, 'gs'), '').length;
  const beyond = left === units.length ? 0 : left === 0 && !counted ? 1 : 2;
  const ascii = new RegExp(`^(?:${raw})$`, 's');
  return bytes((byte) => (byte < 0x80 ? Number(ascii.test(String.fromCharCode(byte))) : beyond));
}

/**
 * UTF-16 units beyond ASCII, one at least of each kind that `raw` can tell apart: those that stand in it or that `\s` takes,
 * and those behind them, where a range has ended. To try all of them took 5 ms of each start, and V8's optimizing compiler 5 MB for it.
 */
function unitsBeyond(raw: string): string {
  const written = [...raw.matchAll(/\\u([\da-f]{4})|./gis)].map(([text, hex]) =>
    hex === undefined ? text.charCodeAt(0) : Number.parseInt(hex, 16),
  );
  const near = [...SPACES, ...written].flatMap((unit) => [unit, unit + 1]);
  return String.fromCharCode(...SHORT, ...near.filter((unit) => unit >= 0x80 && unit <= LAST), LAST);
}

/** Whether it is not known of some bytes whether they belong to it. */
export function isVague(set: ByteSet): boolean {
  return set.includes(2);
}

/** The byte of a set that has no other; undefined for others. */
export function byteOf(set: ByteSet): number | undefined {
  const byte = set.findIndex((taken) => taken !== 0);
  return byte >= 0 && set[byte] === 1 && set.findLastIndex((taken) => taken !== 0) === byte ? byte : undefined;
}

/**
 * Whether two sets may share a byte. Four bytes are looked at in one: to go through each of them at a start made V8 load its optimizing
 * compiler, of which 5 MB stayed.
 */
export function meets(one: ByteSet, other: ByteSet): boolean {
  const [some, others] = [inFours(one), inFours(other)];
  for (let at = 0; at < some.length; at += 1) {
    const [a, b] = [some[at]!, others[at]!];
    // A 2 belongs to it as well as a 1.
    if (((a | (a >>> 1)) & (b | (b >>> 1)) & EACH_BYTE) !== 0) return true;
  }
  return false;
}

function inFours({ buffer, byteOffset }: ByteSet): Uint32Array {
  return new Uint32Array(buffer, byteOffset, BYTES / 4);
}

export function union(sets: readonly ByteSet[]): ByteSet {
  const all = new Uint8Array(BYTES);
  for (const set of sets) for (let byte = 0; byte < BYTES; byte += 1) if (set[byte] !== 0) all[byte] = 1;
  return all;
}

function bytes(value: (byte: number) => number): ByteSet {
  return Uint8Array.from({ length: BYTES }, (_, byte) => value(byte));
}
