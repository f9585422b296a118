/** Finds the bytes that JSON must escape, in bulk: memory is searched for each kind of them at its full speed. */
import { NONE } from './sieve-code.ts';

/** Control characters, DEL, quote and backslash. LF stands in no line. */
const SPECIAL: readonly number[] = [...Array(32).keys(), 0x22, 0x5c, 0x7f].filter((byte) => byte !== 0x0a);

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
