/** Finds the bytes that JSON must escape, in bulk: memory is searched for each kind of them at its full speed. */

/** Control characters, DEL, quote and backslash. LF stands in no line. */
const SPECIAL: readonly number[] = [...Array(32).keys(), 0x22, 0x5c, 0x7f].filter((byte) => byte !== 0x0a);
/** Behind every byte, and still a small integer to V8. */
const NONE = 2 ** 30;

export type Escapes = {
  /** Takes the bytes that the following questions are about. */
  load(bytes: Buffer): void;
  /** True where no byte from `from` up to `to` needs an escape. Questions go forward: `from` never decreases. */
  clean(from: number, to: number): boolean;
};

export function createEscapes(): Escapes {
  let bytes: Buffer = Buffer.alloc(0);
  /** The special bytes that occur further on, and where each does so next. */
  const kinds: number[] = [];
  const next: number[] = [];
  let nearest = NONE;

  function advance(from: number): void {
    nearest = NONE;
    for (let i = 0; i < kinds.length; i += 1) {
      if (next[i]! < from) {
        const at = bytes.indexOf(kinds[i]!, from);
        next[i] = at < 0 ? NONE : at;
      }
      if (next[i]! < nearest) nearest = next[i]!;
    }
  }

  return {
    load(loaded) {
      bytes = loaded;
      kinds.length = 0;
      next.length = 0;
      nearest = NONE;
      for (const kind of SPECIAL) {
        const at = bytes.indexOf(kind);
        if (at < 0) continue;
        kinds.push(kind);
        next.push(at);
        if (at < nearest) nearest = at;
      }
    },
    clean(from, to) {
      if (nearest < from) advance(from);
      return nearest >= to;
    },
  };
}
