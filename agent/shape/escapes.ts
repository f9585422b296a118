/** Finds the bytes that JSON must escape, in bulk: memory is searched for each kind of them at its full speed. */
import { NONE } from './sieve-code.ts';

/** Control characters, quote, backslash and DEL. */
const ESCAPED: readonly number[] = [...Array(32).keys(), 0x22, 0x5c, 0x7f];
/** 1 for each byte that needs an escape. */
export const NEEDS_ESCAPE: Readonly<Uint8Array> = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(ESCAPED.includes(byte)),
);
/** LF stands in no line. */
const SPECIAL = ESCAPED.filter((byte) => byte !== 0x0a);

export type Escapes = {
  /**
   * Where the first byte from `from` on stands that needs an escape; NONE where none does. Questions go forward: `from` never
   * decreases.
   */
  next(from: number): number;
};

export function createEscapes(bytes: Buffer): Escapes {
  const search = (kind: number, from: number): number => {
    const at = bytes.indexOf(kind, from);
    return at < 0 ? NONE : at;
  };
  /** The special bytes that occur at all, and where each does so next. */
  const kinds = SPECIAL.filter((kind) => bytes.includes(kind));
  const places = kinds.map((kind) => search(kind, 0));
  let nearest = Math.min(NONE, ...places);

  return {
    next(from) {
      if (nearest >= from) return nearest;
      nearest = NONE;
      for (const [i, kind] of kinds.entries()) {
        if (places[i]! < from) places[i] = search(kind, from);
        nearest = Math.min(nearest, places[i]!);
      }
      return nearest;
    },
  };
}
