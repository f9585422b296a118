/** The pieces of a scanner that take bytes of one set, and what all pieces have in common. */
import { type ByteSet, bytesTakenBy, isVague, meets, union } from './byteset.ts';
import type { Code } from './scan-code.ts';

/** A piece of the expression as code. */
export type Part = {
  /**
   * Moves `i` behind what the piece takes, or runs `fail` where it surely cannot match. What stands behind it begins with `behind`: a piece
   * that could take more or less looks where that is so.
   */
  readonly code: (fail: string, behind: Beginning) => string;
  /** The bytes that it can begin with. */
  readonly first: ByteSet;
  /** Whether it can also take nothing. */
  readonly maybe: boolean;
  /**
   * Where it took bytes it could also have stopped before one of these: there is no other way through it if what stands behind begins with
   * none of them. Undefined where there may be any.
   */
  readonly open: ByteSet | undefined;
  /** The fewest bytes that it takes: where it took no more there is no other way through it. Undefined where there may be one even so. */
  readonly least: number | undefined;
  /** With which bytes it begins, and whether these are all that it takes. */
  readonly beginning: Beginning;
  readonly whole: boolean;
};

/** Sets of which a piece takes a byte each, one after the other, before any others; END for the end of the line. Empty: not known. */
export type Beginning = readonly ByteSet[];

/** The expression has no scanner. */
export class NoScanner extends Error {}

/** The way that was tried failed, and another one may not. */
export const GIVE_UP = 'return false;';

/** So many bytes of one set are looked at one by one, without a loop; and so many copies stand for a repeated piece. */
export const FEW = 4;
/** Of so many bytes it is known with what a piece begins. */
export const LONG = 16;
const LF = 0x0a;
/** What no byte belongs to: the end of the line; nothing at all. */
export const END: ByteSet = new Uint8Array(256);
export const NONE: ByteSet = new Uint8Array(256);
export const EVERY: ByteSet = new Uint8Array(256).fill(1);

/** As many bytes of a set as there are, from `min` to `max`; fewer where what stands behind begins with them. */
export function span(raw: string, min: number, max: number, code: Code): Part {
  const endless = max === Number.POSITIVE_INFINITY;
  const set = bytesTakenBy(raw, min > 1 || !endless);
  const vague = isVague(set) ? `if (i < end && bytes[i] > 127) ${GIVE_UP}` : '';
  const few = min === max && min > 0 && min <= FEW;
  const all = min === 0 && endless && set.every((taken, byte) => taken === 1 || byte === LF);
  return {
    code(fail, behind) {
      if (few && (min === 1 || vague === '')) {
        const each = Array.from({ length: min }, (_, n) => code.has(set, `i + ${n}`)).join(' && ');
        return `${vague} if (i + ${min} <= end && ${each}) i += ${min}; else ${fail}`;
      }
      const start = code.label();
      const last = endless ? 'end' : `Math.min(end, ${start} + ${max})`;
      const most = all ? 'i = end;' : `for (const last = ${last}; i < last && ${code.has(set)}; ) i += 1; ${vague}`;
      const enough = min > 0 ? `if (i - ${start} < ${min}) ${fail}` : '';
      const [next] = behind;
      const back = max > min && next && isAscii(next) && meets(set, next);
      const fewer = back ? `while (!(${begins(behind, code)})) if (i - ${start} > ${min}) i -= 1; else ${fail}` : '';
      return `const ${start} = i; ${most} ${enough} ${fewer}`;
    },
    ...{ first: set, maybe: min === 0, open: max > min ? set : NONE, least: min },
    ...beginningOfSpan(set, min, min === max),
  };
}

/** As few bytes of a set as there have to be before that which stands behind. */
export function lazySpan(raw: string, min: number, max: number, code: Code): Part {
  const least = span(raw, min, min, code);
  const set = bytesTakenBy(raw, min > 1);
  const vague = isVague(set) ? `if (i < end && bytes[i] > 127) ${GIVE_UP}` : '';
  return {
    ...least,
    code(fail, behind) {
      const taken = least.code(fail, behind);
      if (behind.length === 0 || max < Number.POSITIVE_INFINITY) return taken;
      const more = `if (i < end && ${code.has(set)}) i += 1; else { ${vague} ${fail} }`;
      return `${taken} while (!(${begins(behind, code)})) ${more}`;
    },
    ...{ maybe: min === 0, open: undefined, least: undefined, whole: false },
  };
}

/** Behind a character beyond ASCII it is not known where the next one begins. */
function beginningOfSpan(set: ByteSet, min: number, fixed: boolean): Pick<Part, 'beginning' | 'whole'> {
  if (min === 0) return { beginning: [], whole: false };
  if (fixed && min <= LONG && isAscii(set)) return { beginning: new Array(min).fill(set), whole: true };
  return { beginning: [isVague(set) ? union([set]) : set], whole: false };
}

function isAscii(set: ByteSet): boolean {
  return set !== END && set.subarray(0x80).every((taken) => taken === 0);
}

/** Whether such a beginning stands at `i`. */
function begins(behind: Beginning, code: Code): string {
  const sets = behind.slice(0, FEW);
  const ends = sets.indexOf(END);
  const each = sets.slice(0, ends < 0 ? FEW : ends).map((set, n) => code.has(set, `i + ${n}`));
  return [`i + ${each.length} ${ends < 0 ? '<=' : '==='} end`, ...each].join(' && ');
}
