/** The text of a scanner while it is made: its names, its sets of bytes, and where its groups are noted. */
import { type ByteSet, byteOf } from './byteset.ts';

export type Scanner = {
  /** Tries the bytes from `from` up to `to`, valid UTF-8. True: they match, and `bounds` says how. False: ask the expression. */
  readonly scan: (bytes: Uint8Array, from: number, to: number) => boolean;
  /**
   * Group n took the bytes from `bounds[2n]` up to `bounds[2n + 1]`; both are -1 where it took no part, and of group 0 always. Good until
   * the next scan. What stands behind the groups is the caller's.
   */
  readonly bounds: Int32Array;
};

/** What the pieces of one scanner have in common. */
export type Code = {
  /** A name that no other has. */
  label(): string;
  /** The number of the next group, and of the last one so far. */
  group(): number;
  groups(): number;
  /** Notes that the group took what stands between `start` and `i`. */
  note(group: number, start: string): string;
  /** Forgets what the groups from `from` to `to` have noted, which may take no part. */
  unset(from: number, to: number): string;
  /** Whether the byte at `place` belongs to the set. */
  has(set: ByteSet, place?: string): string;
  /** The scanner that consists of this code, which moves `i` from `from` as far as `end` or returns false; its bounds have `more` numbers more. */
  compile(text: string, more: number): Scanner;
};

/** Of the groups in one list of `same` the first stands for all. */
export function createCode(same: readonly (readonly number[])[]): Code {
  const sets: ByteSet[] = [];
  let labels = 0;
  let groups = 0;
  /** What forgets each group that may take no part. */
  const forgetting = new Set<string>();
  const bound = (group: number) => 2 * (same.find((numbers) => numbers.includes(group))?.[0] ?? group);
  return {
    label: () => `l${labels++}`,
    group: () => ++groups,
    groups: () => groups,
    note: (group, start) => `bounds[${bound(group)}] = ${start}; bounds[${bound(group) + 1}] = i;`,
    unset(from, to) {
      let forget = '';
      for (let group = from; group <= to; group += 1) {
        const one = `bounds[${bound(group)}] = bounds[${bound(group) + 1}] = -1;`;
        forgetting.add(one);
        forget += one;
      }
      return forget;
    },
    has(set, place = 'i') {
      const only = byteOf(set);
      if (only !== undefined) return `bytes[${place}] === ${only}`;
      if (!sets.includes(set)) sets.push(set);
      return `set${sets.indexOf(set)}[bytes[${place}]] === 1`;
    },
    compile(text, more) {
      const bounds = new Int32Array(2 * groups + 2 + more).fill(-1);
      const body = `${[...forgetting].join(' ')} let i = from; ${text} return true;`;
      const names = sets.map((_, index) => `set${index}`);
      const make = new Function(...names, 'bounds', `return (bytes, from, end) => { ${body} };`);
      return { scan: make(...sets, bounds), bounds };
    },
  };
}
