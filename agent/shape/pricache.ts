/** PRI on the hot path: looked up by the bytes of owner and level, so that neither becomes a string again and again. */
import type { Selection } from '../types.ts';
import { isPlain } from './header.ts';
import type { Priorities } from './priority.ts';
import { hashBytes, type Memory, type Piece, pieceOf, sameBytes } from './put.ts';
import { selects } from './select.ts';

type Entry = {
  /** Owner and level. */
  readonly owner: Piece;
  readonly level: Piece;
  /** The owner as it stands in the header, with the blank before it; undefined where it cannot stand there as it is. */
  readonly appName: Piece | undefined;
  /** `<PRI>1 ` (RFC 5424 section 6.2), or undefined where the selector leaves this priority out. */
  readonly head: Piece | undefined;
};

export type PriorityCache = {
  /** The entry for an owner and a level, each as the bytes from its start up to its end. */
  find(line: Memory, owner: number, ownerEnd: number, level: number, levelEnd: number): Entry;
};

/** A power of two, well above the number of pairs that an application has. */
const SLOTS = 1024;
/** Longer pairs, in bytes, are not kept. */
const LONGEST = 128;

export function createPriorityCache(priorities: Priorities, selection: Selection): PriorityCache {
  const slots: (Entry | undefined)[] = new Array(SLOTS).fill(undefined);

  function make({ bytes }: Memory, owner: number, ownerEnd: number, level: number, levelEnd: number): Entry {
    const pri = priorities(bytes.toString('utf8', owner, ownerEnd), bytes.toString('utf8', level, levelEnd));
    return {
      owner: pieceOf(bytes.subarray(owner, ownerEnd)),
      appName: isPlain(bytes, owner, ownerEnd) ? pieceOf(` ${bytes.toString('latin1', owner, ownerEnd)}`) : undefined,
      level: pieceOf(bytes.subarray(level, levelEnd)),
      head: selects(selection, pri) ? pieceOf(`<${pri}>1 `) : undefined,
    };
  }

  return {
    find(line, owner, ownerEnd, level, levelEnd) {
      const hash = hashBytes(line, level, levelEnd, hashBytes(line, owner, ownerEnd, ownerEnd - owner));
      const slot = (hash ^ (hash >> 10)) & (SLOTS - 1);
      const known = slots[slot];
      if (known && isPiece(line, owner, ownerEnd, known.owner) && isPiece(line, level, levelEnd, known.level))
        return known;
      const made = make(line, owner, ownerEnd, level, levelEnd);
      if (made.owner.length + made.level.length <= LONGEST) slots[slot] = made;
      return made;
    },
  };
}

function isPiece(line: Memory, from: number, to: number, piece: Piece): boolean {
  return to - from === piece.length && sameBytes(line, from, piece, 0, piece.length);
}
