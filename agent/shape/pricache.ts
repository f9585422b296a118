/** PRI on the hot path: looked up by the bytes of what decides about it, so that these become no strings again and again. */
import type { Selection } from '../types.ts';
import { isPlain } from './header.ts';
import type { Priorities } from './priority.ts';
import { hashBytes, type Memory, type Piece, pieceOf, sameBytes } from './put.ts';
import { selects } from './select.ts';

type Entry = {
  readonly owner: Piece;
  readonly level: Piece;
  readonly pri: Piece;
  /** The owner as it stands in the header, with the blank before it; undefined where it cannot stand there as it is. */
  readonly appName: Piece | undefined;
  /** `<PRI>1 ` (RFC 5424 section 6.2), or undefined where the selector leaves this priority out. */
  readonly head: Piece | undefined;
};

export type PriorityCache = {
  /** The entry for an owner, a level and a PRI of the line's own, each of which stands at a place in `bounds`. */
  find(line: Memory, bounds: Int32Array, owner: number, level: number, pri: number): Entry;
};

/** A power of two, well above the number of pairs that an application has. */
const SLOTS = 1024;
/** Longer pairs, in bytes, are not kept. */
const LONGEST = 128;

export function createPriorityCache(priorities: Priorities, selection: Selection): PriorityCache {
  const slots: (Entry | undefined)[] = new Array(SLOTS).fill(undefined);

  function make(owner: Buffer, level: Buffer, pri: Buffer): Entry {
    const priority = priorities(owner.toString(), level.toString(), pri.toString());
    return {
      ...{ owner: pieceOf(owner), level: pieceOf(level), pri: pieceOf(pri) },
      appName: isPlain(owner, 0, owner.length) ? pieceOf(` ${owner.toString('latin1')}`) : undefined,
      head: selects(selection, priority) ? pieceOf(`<${priority}>1 `) : undefined,
    };
  }

  return {
    find(line, bounds, owner, level, pri) {
      const named = hashPlace(line, bounds, level, hashPlace(line, bounds, owner, 0));
      const hash = bounds[pri]! < 0 ? named : hashPlace(line, bounds, pri, named);
      const slot = (hash ^ (hash >> 10)) & (SLOTS - 1);
      const known = slots[slot];
      if (
        known &&
        isPiece(line, bounds, owner, known.owner) &&
        isPiece(line, bounds, level, known.level) &&
        isPiece(line, bounds, pri, known.pri)
      )
        return known;
      const { bytes } = line;
      const made = make(taken(bytes, bounds, owner), taken(bytes, bounds, level), taken(bytes, bounds, pri));
      if (made.owner.length + made.level.length + made.pri.length <= LONGEST) slots[slot] = made;
      return made;
    },
  };
}

function taken(bytes: Buffer, bounds: Int32Array, at: number): Buffer {
  return bytes.subarray(Math.max(0, bounds[at]!), Math.max(0, bounds[at + 1]!));
}

function hashPlace(line: Memory, bounds: Int32Array, at: number, begun: number): number {
  const [from, to] = [bounds[at]!, bounds[at + 1]!];
  return hashBytes(line, from, to, begun + to - from);
}

function isPiece(line: Memory, bounds: Int32Array, at: number, piece: Piece): boolean {
  const from = bounds[at]!;
  const { length } = piece;
  return bounds[at + 1]! - from === length && (length === 0 || sameBytes(line, from, piece, 0, length));
}
