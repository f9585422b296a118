/** PRI on the hot path: looked up by the bytes of owner and level, so that neither becomes a string again and again. */
import type { Selection } from '../types.ts';
import type { Priorities } from './priority.ts';
import { type Piece, pieceOf } from './put.ts';
import { selects } from './select.ts';

type Entry = {
  /** Owner and level, one behind the other, and where the level begins. */
  readonly key: Uint8Array;
  readonly middle: number;
  /** `<PRI>1 ` (RFC 5424 section 6.2), or undefined where the selector leaves this priority out. */
  readonly head: Piece | undefined;
};

export type PriorityCache = {
  /** The entry for an owner and a level, each as the bytes from its start up to its end. */
  find(bytes: Buffer, owner: number, ownerEnd: number, level: number, levelEnd: number): Entry;
};

/** A power of two, well above the number of pairs that an application has. */
const SLOTS = 1024;
/** Longer pairs, in bytes, are not kept. */
const LONGEST = 128;

export function createPriorityCache(priorities: Priorities, selection: Selection): PriorityCache {
  const slots: (Entry | undefined)[] = new Array(SLOTS).fill(undefined);

  function make(bytes: Buffer, owner: number, ownerEnd: number, level: number, levelEnd: number): Entry {
    const pri = priorities(bytes.toString('utf8', owner, ownerEnd), bytes.toString('utf8', level, levelEnd));
    return {
      key: Uint8Array.from([...bytes.subarray(owner, ownerEnd), ...bytes.subarray(level, levelEnd)]),
      middle: ownerEnd - owner,
      head: selects(selection, pri) ? pieceOf(`<${pri}>1 `) : undefined,
    };
  }

  return {
    find(bytes, owner, ownerEnd, level, levelEnd) {
      let hash = ownerEnd - owner;
      for (let i = owner; i < ownerEnd; i += 1) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
      for (let i = level; i < levelEnd; i += 1) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
      const slot = (hash ^ (hash >> 10)) & (SLOTS - 1);
      const known = slots[slot];
      if (known && isKey(known, bytes, owner, ownerEnd, level, levelEnd)) return known;
      const made = make(bytes, owner, ownerEnd, level, levelEnd);
      if (made.key.length <= LONGEST) slots[slot] = made;
      return made;
    },
  };
}

function isKey({ key, middle }: Entry, bytes: Buffer, owner: number, ownerEnd: number, level: number, end: number) {
  if (middle !== ownerEnd - owner || key.length !== middle + end - level) return false;
  for (let i = 0; i < middle; i += 1) if (key[i] !== bytes[owner + i]) return false;
  for (let i = middle; i < key.length; i += 1) if (key[i] !== bytes[level + i - middle]) return false;
  return true;
}
