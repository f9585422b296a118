/** Writing into a buffer byte by byte. Each gives the index behind what it wrote. */

/** So many bytes are copied faster by the system than one by one. */
const MANY = 24;
const ZERO = 0x30;
/** Numbers below it are small integers to V8. */
const BILLION = 1e9;

/** A piece that was made ready before. */
export function putPiece(into: Buffer, at: number, piece: Uint8Array): number {
  const { length } = piece;
  if (length >= MANY) into.set(piece, at);
  else for (let i = 0; i < length; i += 1) into[at + i] = piece[i]!;
  return at + length;
}

/** The bytes of `from` from `start` up to `end`. */
export function putBytes(into: Buffer, at: number, from: Buffer, start: number, end: number): number {
  if (end - start >= MANY) from.copy(into, at, start, end);
  else for (let i = start; i < end; i += 1) into[at + i - start] = from[i]!;
  return at + end - start;
}

/** A whole number, not negative, in decimal. */
export function putDecimal(into: Buffer, at: number, value: number): number {
  if (value < BILLION) return putDigits(into, at, value, digitsOf(value));
  const high = Math.floor(value / BILLION);
  return putDigits(into, putDecimal(into, at, high), value - high * BILLION, 9);
}

function putDigits(into: Buffer, at: number, value: number, width: number): number {
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
