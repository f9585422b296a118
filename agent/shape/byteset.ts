/** Sets of bytes: what one character of a regular expression can take, in UTF-8. */

/**
 * By byte: 1 where it belongs to the set, 0 where it does not. 2 stands at the bytes of characters beyond ASCII where some of these
 * belong to it and others do not, or where they have to be counted.
 */
export type ByteSet = Uint8Array;

/** Every UTF-16 unit beyond ASCII. */
const BEYOND = beyond();
const known = new Map<string, ByteSet>();

/** Unit by unit, for a list of them takes megabytes. */
function beyond(): string {
  const units = new Uint16Array(0xff80);
  for (let i = 0; i < units.length; i++) units[i] = 0x80 + i;
  return Buffer.from(units.buffer).toString('utf16le');
}

/** The bytes that a character, class or escape takes, asked of V8 itself (flag `s`). `counted`: it matters how many characters. */
export function bytesTakenBy(raw: string, counted: boolean): ByteSet {
  const key = `${counted} ${raw}`;
  const set = known.get(key) ?? ask(raw, counted);
  known.set(key, set);
  return set;
}

function ask(raw: string, counted: boolean): ByteSet {
  const left = BEYOND.replace(new RegExp(`(?:${raw})+`, 'gs'), '').length;
  const beyond = left === BEYOND.length ? 0 : left === 0 && !counted ? 1 : 2;
  const ascii = new RegExp(`^(?:${raw})$`, 's');
  return bytes((byte) => (byte < 0x80 ? Number(ascii.test(String.fromCharCode(byte))) : beyond));
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

/** Whether two sets may share a byte. */
export function meets(one: ByteSet, other: ByteSet): boolean {
  return one.some((taken, byte) => taken !== 0 && other[byte] !== 0);
}

export function union(sets: readonly ByteSet[]): ByteSet {
  return bytes((byte) => Number(sets.some((set) => set[byte] !== 0)));
}

function bytes(value: (byte: number) => number): ByteSet {
  return Uint8Array.from({ length: 256 }, (_, byte) => value(byte));
}
