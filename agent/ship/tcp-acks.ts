/**
 * What the peer's TCP has acknowledged of one connection, as a position: it has at least so many bytes of what was written.
 *
 * A look at the kernel's table costs about 5 ms of CPU however few connections there are, so there is never more than one under
 * way and they keep a distance. On a fast stream none is needed: the kernel never holds more than its send buffer, so what it
 * took beyond that was acknowledged.
 */
import { reasonOf } from './reasons.ts';
import type { Family, Sockets, TcpSocket } from './sockets.ts';
import { endsOf, findRow, pairOf, type TcpRow } from './tcp-table.ts';

/** Between two looks passes at least this and four times what the last one took; up to MAX_GAP while nothing moves, ms. */
const MIN_GAP = 20;
const MAX_GAP = 500;
/** So many looks in a row that find no row: the table does not show this connection. */
const MAX_MISSES = 3;
/** The kernel fills its last packet beyond the limit of the send buffer, by less than this, bytes. */
const SEND_LIMIT_SLACK = 1024 * 1024;

export type AcksParts = {
  readonly sockets: Sockets;
  readonly ticks: () => number;
  /** Connected. */
  readonly socket: TcpSocket;
  /** How many bytes the kernel is known to have taken. */
  readonly handed: () => number;
  /** The greatest size of the kernel's send buffer, in bytes; Infinity where it is not known. */
  readonly sendLimit: number;
  /** Told why the table cannot be used, when that turns out. */
  readonly tableLost: (reason: string) => void;
};

export type Acks = {
  /** What is known without a look. Where the table cannot be used that is all that the kernel took. */
  floor(): number;
  /** Reads the table, or joins the read that is under way. Gives the position, or undefined where the table shows none. */
  look(): Promise<number | undefined>;
  /** When the next look may begin; Infinity while one is under way or the table cannot be used. */
  mayLookAt(): number;
  /** When the last look that showed a position began; Infinity where the table cannot be used. */
  lookedAt(): number;
};

export function createAcks({ sockets, ticks, socket, handed, sendLimit, tableLost }: AcksParts): Acks {
  // Kept, for a socket that is closed has no ends any more, and its row is still of interest.
  const pair = pairOf(socket);
  const ends = pair && endsOf(pair);
  let usable = pair !== undefined;
  let reading: Promise<number | undefined> | undefined;
  let misses = 0;
  let gap = MIN_GAP;
  let next = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let position = 0;

  function lose(reason: string): undefined {
    if (usable) tableLost(reason);
    usable = false;
  }

  function seen(row: TcpRow | undefined, before: number, began: number): number | undefined {
    const took = 4 * (ticks() - began);
    if (row === undefined) {
      misses += 1;
      gap = Math.max(MIN_GAP, took);
      return misses >= MAX_MISSES ? lose('it has no row for this connection') : undefined;
    }
    misses = 0;
    lookedAt = began;
    // The kernel may have taken more meanwhile, so this is the least that the peer can have.
    const now = Math.max(position, before - row.unacknowledged);
    gap = now > position ? Math.max(MIN_GAP, took) : Math.min(MAX_GAP, Math.max(gap * 2, took));
    position = now;
    return now;
  }

  async function read(family: Family, ends: string): Promise<number | undefined> {
    const before = handed();
    const began = ticks();
    try {
      return seen(findRow(await sockets.readTcpTable(family, ends), ends), before, began);
    } catch (error) {
      return lose(reasonOf(error));
    } finally {
      reading = undefined;
      next = ticks() + gap;
    }
  }

  return {
    floor: () => (usable ? Math.max(position, handed() - sendLimit - SEND_LIMIT_SLACK) : handed()),
    async look() {
      if (pair === undefined || ends === undefined || !usable) return undefined;
      reading ??= read(pair.family, ends);
      return reading;
    },
    mayLookAt: () => (usable && reading === undefined ? next : Number.POSITIVE_INFINITY),
    lookedAt: () => (usable ? lookedAt : Number.POSITIVE_INFINITY),
  };
}
