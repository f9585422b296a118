/** How values are written into the JSON of a record, and how long they get by it. */

export type JsonStyle = {
  /** Between two members, and between a key and its value. */
  readonly comma: string;
  readonly colon: string;
  /** The value as it stands between its quotes. */
  escape(value: string): string;
  /** Bytes of the escaped value, in UTF-8. */
  size(value: string): number;
  /**
   * How far `value` goes from `from` on until its escaped form has `room` bytes: an index that splits neither a character nor
   * an escape. It is `from` itself where not even one character fits.
   */
  fit(value: string, from: number, room: number): number;
};

/** What may need an escape. */
const SPECIAL = /["\\\0-\x1f\x7f\ud800-\udfff]/;

/** No blanks, UTF-8 as it is, control characters escaped. */
export const COMPACT: JsonStyle = style(',', ':', escapeCompact, {
  // A lone surrogate has no UTF-8, so it is escaped.
  ...{ high: 3, low: 2, lone: 6, pair: 4 },
});

/** As Python's `json.dumps` writes with `ensure_ascii=True`. */
export const PYTHON: JsonStyle = style(', ', ': ', escapePython, { high: 6, low: 6, lone: 6, pair: 12 });

/** Bytes of a character from U+0080, from U+0800, of half a pair, and of a whole one. */
type Widths = { readonly low: number; readonly high: number; readonly lone: number; readonly pair: number };

/** Bytes of each ASCII character between quotes; the same in both styles. */
const ASCII_SIZE = Uint8Array.from({ length: 128 }, (_, code) => escapeCompact(String.fromCharCode(code)).length);

function style(comma: string, colon: string, write: (value: string) => string, widths: Widths): JsonStyle {
  function fit(value: string, from: number, room: number): number {
    let left = room;
    let at = from;
    while (at < value.length) {
      const code = value.codePointAt(at)!;
      const size = sizeOf(code, widths);
      if (size > left) break;
      left -= size;
      at += code > 0xffff ? 2 : 1;
    }
    return at;
  }

  function size(value: string): number {
    let sum = 0;
    for (let at = 0; at < value.length; at += 1) {
      const code = value.codePointAt(at)!;
      sum += sizeOf(code, widths);
      if (code > 0xffff) at += 1;
    }
    return sum;
  }

  return { comma, colon, escape: write, size, fit };
}

function sizeOf(code: number, widths: Widths): number {
  if (code < 0x80) return ASCII_SIZE[code]!;
  if (code > 0xffff) return widths.pair;
  if (code >= 0xd800 && code <= 0xdfff) return widths.lone;
  return code < 0x800 ? widths.low : widths.high;
}

/** JSON.stringify escapes what JSON demands and lone surrogates; DEL is a control character too. */
function escapeCompact(value: string): string {
  if (!SPECIAL.test(value)) return value;
  const text = JSON.stringify(value).slice(1, -1);
  return text.includes('\x7f') ? text.replaceAll('\x7f', '\\u007f') : text;
}

function escapePython(value: string): string {
  return JSON.stringify(value)
    .slice(1, -1)
    .replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
