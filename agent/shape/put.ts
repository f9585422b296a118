/**
 * Writing into memory piece by piece. Each function gives the index behind what it wrote.
 *
 * Pieces are copied eight bytes at a time, so what stands up to seven bytes behind a piece is overwritten too: whoever writes goes
 * from left to right and leaves SPILL bytes of room at the end.
 */
import { NEEDS_ESCAPE } from './escapes.ts';
import { COMPACT } from './json.ts';

/** The same bytes twice: by themselves, and to be taken and written eight at a time. */
export type Memory = { readonly bytes: Buffer; readonly view: DataView };
/** Bytes made ready to be put: `length` of them, and behind them as many more as a whole word takes. */
export type Piece = Memory & { readonly length: number };

const WORD = 8;
/** Bytes behind the end of a piece that may be overwritten with it. */
export const SPILL = WORD;
/** So many bytes are copied faster by the system, although a call of it costs as much as 150 bytes. */
const MANY = 256;
const ZERO = 0x30;
/** Spreads the bits of a hash (that of FNV-1a for 32 bits). */
const PRIME = 0x01000193;
/** Numbers below it are small integers to V8. */
const BILLION = 1e9;

export function memoryOf(bytes: Buffer): Memory {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}

/** A copy of these bytes as a piece. */
export function pieceOf(content: Uint8Array | string): Piece {
  const given = Buffer.from(content);
  return { ...memoryOf(Buffer.concat([given], given.length + SPILL)), length: given.length };
}

export function putPiece({ view: into }: Memory, at: number, { view, length }: Piece): number {
  for (let i = 0; i < length; i += WORD) into.setBigInt64(at + i, view.getBigInt64(i));
  return at + length;
}

/** The bytes of `from` from `start` up to `end`. */
export function putBytes(into: Memory, at: number, from: Memory, start: number, end: number): number {
  const length = end - start;
  if (length >= MANY || end + SPILL > from.bytes.length) return at + from.bytes.copy(into.bytes, at, start, end);
  const [to, source] = [into.view, from.view];
  for (let i = 0; i < length; i += WORD) to.setBigInt64(at + i, source.getBigInt64(start + i));
  return at + length;
}

/** What stands for a byte in a string of JSON, where that is not the byte itself. */
const ESCAPES: readonly (Piece | undefined)[] = Array.from({ length: 256 }, (_, byte) => {
  return NEEDS_ESCAPE[byte] === 1 ? pieceOf(COMPACT.escape(String.fromCharCode(byte))) : undefined;
});
/** Bytes that one byte becomes at most. */
export const LONGEST_ESCAPE = 6;

/** The same, as they stand in a string of JSON. `special`: none before it needs an escape. */
export function putEscaped(
  into: Memory,
  at: number,
  from: Memory,
  start: number,
  end: number,
  special: number,
): number {
  const source = from.bytes;
  const first = Math.max(start, special);
  let next = putBytes(into, at, from, start, first);
  for (let i = first; i < end; i += 1) {
    const begin = i;
    while (i < end && NEEDS_ESCAPE[source[i]!] === 0) i += 1;
    next = putBytes(into, next, from, begin, i);
    if (i < end) next = putPiece(into, next, ESCAPES[source[i]!]!);
  }
  return next;
}

/** Whether so many bytes are the same here and there; compared four at a time. */
export function sameBytes(one: Memory, at: number, other: Memory, there: number, length: number): boolean {
  let i = 0;
  for (; i + 4 <= length; i += 4) if (one.view.getInt32(at + i) !== other.view.getInt32(there + i)) return false;
  for (; i < length; i += 1) if (one.bytes[at + i] !== other.bytes[there + i]) return false;
  return true;
}

/** A number of 32 bits for these bytes, begun with another one; they are taken four at a time. */
export function hashBytes({ bytes, view }: Memory, from: number, to: number, begun: number): number {
  let hash = begun;
  let i = from;
  for (; i + 4 <= to; i += 4) hash = Math.imul(hash ^ view.getInt32(i), PRIME);
  for (; i < to; i += 1) hash = Math.imul(hash ^ bytes[i]!, PRIME);
  return hash ^ (hash >>> 16);
}

/** A whole number, not negative, in decimal. */
export function putDecimal(into: Buffer, at: number, value: number): number {
  if (value < BILLION) return putDigits(into, at, value, digitsOf(value));
  const high = Math.floor(value / BILLION);
  return putDigits(into, putDecimal(into, at, high), value - high * BILLION, 9);
}

/** The last `width` digits of a number below a billion. */
export function putDigits(into: Buffer, at: number, value: number, width: number): number {
  let rest = value;
  for (let i = at + width - 1; i >= at; i -= 1) {
    const tenth = Math.floor(rest / 10);
    into[i] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  return at + width;
}

function digitsOf(value: number): number {
  let width = 1;
  for (let limit = 10; value >= limit; limit *= 10) width += 1;
  return width;
}
