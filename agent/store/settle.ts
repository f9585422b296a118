/**
 * The one rule: a checkpoint moves only by a settle, in one transaction with the spool row and the ledger's entries.
 *
 * A batch is settled when the receiver has acknowledged it (`settle`), when it stands in the spool, or when it was dropped by
 * `full` and counted (`spool`). Filtered lines, and those dropped by `unmatched`, are settled with the batch that tells of them.
 */
import type { Batch, Clock, Count, Refused, Sent, SpoolConfig } from '../types.ts';
import { createFitting } from './fitting.ts';
import type { Generations } from './generations.ts';
import type { Book, Ledger } from './ledger.ts';
import type { Packer } from './packing.ts';
import { fullDisk } from './problem.ts';
import { type RefusedRows, shareOf, type TakenRow } from './refused.ts';
import type { Reserve } from './reserve.ts';
import { type Matched, matchedOf, numbersOf, type Removed, type Rows, type SpoolFilter } from './rows.ts';
import type { Sayings } from './saying.ts';
import type { Space } from './space.ts';
import { createTelling, type Telling } from './telling.ts';
import type { Transactions } from './transactions.ts';
import type { Stretch, Untold } from './untold.ts';

export type Settling = Telling & {
  /**
   * The receiver has acknowledged these, in the order in which they were sent. A spool row is deleted; one that is no longer
   * there was counted when it was dropped, and is not counted again. What of them was `refused` is set aside, or, where there is
   * no room for it, counted as dropped:refused.
   */
  settle(destination: string, sent: readonly Sent[]): void;
  /**
   * Keeps these, in order, until they can be sent. One that is a spool row already is marked as having been on the wire, and one that
   * is `done` is settled in its place.
   * False, and nothing is written, when they do not all fit and `full` is block. What the other two policies drop is counted
   * as dropped:spool-full, and the answer is true. Drop-oldest takes the oldest rows of all destinations, those under way last.
   * Throws StoreProblem as long as the disk is full, whatever `full` says: that is no reason to drop anything.
   */
  spool(destination: string, sent: readonly Sent[]): boolean;
  /**
   * Drops what the operator wants to be rid of, rows under way too, and counts it as dropped:by-hand. What of it is on the wire
   * may still arrive. Gives what was dropped.
   */
  drop(filter: SpoolFilter): Matched;
  /** Puts what was refused for good at the end of the queue, to be sent once more. Gives what that was. */
  retry(filter: SpoolFilter): Matched;
  /**
   * Drops the rows that are older than `max_age` and not under way, and counts them as dropped:spool-age; and looks whether a
   * full disk has room again. Once a second at most, so that it may be called at every turn of the loop.
   */
  tend(): void;
};

type Parts = {
  readonly config: Pick<SpoolConfig, 'path' | 'full' | 'maxAge'>;
  readonly clock: Clock;
  readonly say: Sayings;
  readonly tx: Transactions;
  readonly move: Generations['move'];
  readonly untold: Untold;
  readonly ledger: Ledger;
  readonly rows: Rows;
  readonly refused: RefusedRows;
  /** A batch's messages as a row stores them. */
  readonly packed: Packer['packed'];
  /** To be told of each batch that stands in the spool. */
  readonly stored: (batch: Batch) => void;
  readonly space: Space;
  readonly reserve: Reserve;
};

const NONE: Count = { lines: 0, bytes: 0 };
/** How often the age of the oldest row is looked at, in ms. */
const EXPIRE_EVERY = 1_000;
/** Rows that one look drops at most: with more than that the next look goes on, so that nobody waits long. */
const EXPIRE_ROWS = 256;

export function createSettling(parts: Parts): Settling {
  const { pagesOf, leftOut } = createFitting(parts);
  const { config, clock, say, tx, move, untold, ledger, rows, packed, stored, refused, space, reserve } = parts;
  let nextLook = -Infinity;

  /** What holds for every batch that comes from the files: its lines are read, and its checkpoint moves. */
  function pass(destination: string, { input, ends, marks, tally }: Batch, book: Book): void {
    const { sent, filtered, dropped, limited = NONE } = tally;
    if (ends.length === 0 && sent.lines > 0) throw new Error(`${sent.lines} lines of ${input} are in no message.`);
    move(destination, marks);
    for (const count of [sent, filtered, dropped, limited]) book.enter(input, 'read', count);
    book.enter(input, 'filtered', filtered);
    book.enter(input, 'dropped:unmatched', dropped);
    book.enter(input, 'dropped:limit', limited);
  }

  function acknowledge(destination: string, sent: Sent, book: Book): void {
    const { batch, row, again } = sent;
    const removed = row === undefined ? undefined : rows.remove(destination, row);
    if (row === undefined) pass(destination, batch, book);
    else if (!removed) return;
    const whole = removed ?? batch.tally.sent;
    const share = sent.refused ? setAside(destination, sent.refused, batch, whole, book) : NONE;
    const count = { lines: whole.lines - share.lines, bytes: whole.bytes - share.bytes };
    book.enter(batch.input, 'acked', count);
    if (again || removed?.again) book.enter(batch.input, 'repeated', count);
  }

  /** Keeps what of a batch was refused, as far as there is room: a settle must not fail for it. Gives its part of the batch. */
  function setAside(destination: string, messages: Refused, batch: Batch, whole: Count, book: Book): Count {
    const share = shareOf(messages, batch, whole);
    const pages = space.pages(messages.payload.length + messages.ends.byteLength);
    if (!reserve.scarce() && space.fits(pages))
      refused.insert({ destination, input: batch.input }, messages, share, clock.now());
    else {
      book.enter(batch.input, 'dropped:refused', share);
      untold.noteMessages(destination, 'refused', messages.payload, messages.ends);
      tx.committed(() => say.refused(share.lines, share.bytes));
    }
    return share;
  }

  /** Drops the oldest rows, each into its own books, until a list of `pages` could be kept. */
  function dropOldest(pages: number): void {
    while (!space.couldFit(pages)) {
      const removed = rows.removeOldest();
      if (!removed) break;
      const book = ledger.open(removed.destination);
      drop(removed.input, removed, book);
      book.write();
    }
  }

  function drop(input: string, { lines, bytes }: Count, book: Book): void {
    book.enter(input, 'dropped:spool-full', { lines, bytes });
    tx.committed(() => say.dropped(lines, bytes));
  }

  /** Enters rows that were removed into the books. */
  function bookDropped(removed: readonly Removed[], cause: 'by-hand' | 'spool-age'): Matched {
    for (const [destination, its] of Map.groupBy(removed, (one) => one.destination)) {
      const book = ledger.open(destination);
      for (const { input, lines, bytes } of its) book.enter(input, `dropped:${cause}`, { lines, bytes });
      book.write();
    }
    if (removed.length > 0) tx.committed(giveBack);
    return matchedOf(removed);
  }

  /** One transaction's share of what is too old. */
  function expireSome(before: number): Matched {
    const removed: Removed[] = [];
    while (removed.length < EXPIRE_ROWS) {
      const one = rows.removeExpired(before);
      if (!one) break;
      removed.push(one);
    }
    const dropped = bookDropped(removed, 'spool-age');
    if (dropped.rows > 0) tx.committed(() => say.expired(dropped.lines, dropped.bytes));
    return dropped;
  }

  /** Gives the pages that it wrote at most. `written`: those of this transaction before it; undefined where it is not to be kept. */
  function keep(destination: string, sent: Sent, written: number | undefined, book: Book): number {
    if (sent.row !== undefined) {
      rows.cameBack(destination, sent.row);
      return 0;
    }
    if (sent.done) {
      acknowledge(destination, sent, book);
      return 0;
    }
    const pages = pagesOf(sent);
    const kept = pages > 0 && written !== undefined && space.fits(pages, written);
    const { batch } = sent;
    const stretches = untold.stretches(destination, batch.marks);
    pass(destination, batch, book);
    if (kept) insert(destination, sent, stretches);
    else if (pages > 0) {
      if (stretches.length > 0) untold.noteStretches(destination, 'spool-full', stretches);
      else untold.noteMessages(destination, 'spool-full', batch.payload, batch.ends);
      drop(batch.input, batch.tally.sent, book);
    }
    return kept ? pages : 0;
  }

  function insert(destination: string, sent: Sent, stretches: readonly Stretch[] = []): void {
    const { batch } = sent;
    rows.insert(destination, sent, packed(batch), stretches, clock.now());
    tx.committed(() => stored(batch));
  }

  /**
   * The log needs room beside a file that is as large as it is, free pages among it. So room is made before the transaction,
   * which itself cannot make the file smaller. Within the caller's it has to go without.
   */
  function makeRoom(pages: number): void {
    const fits = tx.look('look for room in', () => tx.open() || space.fits(pages));
    if (fits) return;
    tx.look('make room in', space.emptyLog);
    if (config.full === 'drop-oldest') tx.run('make room in', () => dropOldest(pages));
    tx.look('make room in', () => {
      if (config.full !== 'block' || space.couldFit(pages)) space.tighten(pages);
    });
  }

  const { tellDropped } = createTelling({ clock, tx, untold, reserve, space, pagesOf, insert });

  return {
    tellDropped,
    settle(destination, sent) {
      tx.run('settle in', () => {
        const book = ledger.open(destination);
        for (const one of sent) acknowledge(destination, one, book);
        book.write();
        if (sent.some(({ row }) => row !== undefined)) tx.committed(giveBack);
      });
    },
    spool(destination, sent) {
      const needed = sent.map(pagesOf).filter((pages) => config.full !== 'drop-oldest' || space.canEverFit(pages));
      const total = needed.reduce((sum, pages) => sum + pages, 0);
      if (total > 0 && reserve.scarce()) throw fullDisk(config.path);
      if (total > 0) makeRoom(total);
      return tx.run('spool into', () => {
        if (total > 0 && config.full === 'block' && !space.fits(total)) return false;
        const left = leftOut(sent);
        const book = ledger.open(destination);
        let written = 0;
        for (const one of sent) written += keep(destination, one, left.has(one) ? undefined : written, book);
        book.write();
        return true;
      });
    },
    drop: (filter) =>
      tx.run('drop rows of', () =>
        bookDropped(filter.refused ? [...refused.take(filter)].map(noted) : rows.removeMatching(filter), 'by-hand'),
      ),
    retry: (filter) =>
      tx.run('put rows back into', () => {
        const taken = [...refused.take(filter)];
        for (const one of taken) rows.putBack(one, clock.now());
        return matchedOf(taken);
      }),
    tend() {
      reserve.tend();
      if (config.maxAge === undefined || clock.ticks() < nextLook || rows.empty()) return;
      const before = clock.now() - config.maxAge;
      const { rows: dropped } = tx.run('drop old rows of', () => expireSome(before));
      nextLook = clock.ticks() + (dropped < EXPIRE_ROWS ? EXPIRE_EVERY : 0);
    },
  };

  function noted(taken: TakenRow): Removed {
    untold.noteMessages(taken.destination, 'by-hand', taken.payload, numbersOf(taken.ends));
    return taken;
  }

  function giveBack(): void {
    if (rows.empty()) space.giveBack(rows.empty);
  }
}
