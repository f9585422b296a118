/**
 * Where characters begin in the older multi-byte encodings, of which the text is ASCII, single bytes and pairs (WHATWG Encoding,
 * sections 10 to 13). A newline is one byte in all of them, and never the second half of a character.
 */

/** Bytes of the character that begins at `at`. */
type Length = (bytes: Buffer, at: number) => number;

const ESCAPE = 0x1b;
/** Of ISO-2022-JP: what follows `ESC $` is written in pairs. */
const PAIRS = 0x24;

const between = (byte: number | undefined, low: number, high: number): boolean =>
  byte !== undefined && byte >= low && byte <= high;

const pair: Length = (bytes, at) => (between(bytes[at], 0x81, 0xfe) ? 2 : 1);
const LENGTHS: Readonly<Record<string, Length>> = {
  big5: pair,
  'euc-kr': pair,
  gbk: pair,
  gb18030: (bytes, at) => (pair(bytes, at) === 2 && between(bytes[at + 1], 0x30, 0x39) ? 4 : pair(bytes, at)),
  shift_jis: (bytes, at) => (between(bytes[at], 0x81, 0x9f) || between(bytes[at], 0xe0, 0xfc) ? 2 : 1),
  'euc-jp': (bytes, at) => (bytes[at] === 0x8f ? 3 : bytes[at] === 0x8e || between(bytes[at], 0xa1, 0xfe) ? 2 : 1),
};

/** For an encoding by its WHATWG name: the greatest index up to `to` that does not lie within a character. */
export function characterEnd(name: string): (bytes: Buffer, to: number) => number {
  if (name === 'iso-2022-jp') return shifted;
  const length = LENGTHS[name];
  if (!length) return (_bytes, to) => to;
  return (bytes, to) => {
    for (let at = 0; ; ) {
      const next = at + length(bytes, at);
      if (next > to) return at;
      at = next;
    }
  };
}

/** Whether a byte is half a character depends on the escape sequence before it. */
function shifted(bytes: Buffer, to: number): number {
  let pairs = false;
  for (let at = 0; ; ) {
    const sequence = bytes[at] === ESCAPE;
    const next = at + (sequence ? 3 : pairs ? 2 : 1);
    if (next > to) return at;
    if (sequence) pairs = bytes[at + 1] === PAIRS;
    at = next;
  }
}
