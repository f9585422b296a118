/**
 * The books: source lines, and the same in bytes, by what became of them.
 *
 * `read` is entered when a checkpoint moves over lines; `acked`, `filtered` and `dropped:CAUSE` when their end is known; what
 * lies between is what stands in the spool. The entries are made in the transaction that makes them true, so after a
 * crash at any moment read = acked + spool + filtered + dropped. Lines under way are in none of them: their checkpoint
 * has not moved.
 */
import type Database from 'better-sqlite3';
import type { Count, DropCause, Loss } from '../types.ts';
import type { Transactions } from './transactions.ts';

/** Causes as the ledger's table spells them. */
type Cause = 'read' | 'acked' | 'filtered' | 'repeated' | `dropped:${DropCause}`;

/** The books of one input on its way to one destination. `dropped` by cause: `unmatched`, `spool-full`. */
export type LedgerRow = {
  readonly destination: string;
  readonly input: string;
  readonly read: Count;
  readonly acked: Count;
  readonly filtered: Count;
  readonly dropped: Readonly<Record<string, Count>>;
  /** A gauge: what stands in the spool, rows under way among them. */
  readonly spool: Count;
  /** Acknowledged after they had been on the wire before. They are in `acked` too, once. */
  readonly repeated: Count;
};

/** Bytes of an input that never became lines. `ranges`: the last of them in words, newest last. */
export type LossRow = {
  readonly input: string;
  readonly cause: Loss['cause'];
  readonly bytes: number;
  readonly ranges: readonly string[];
};

/** Entries of one transaction for one destination, summed up before they are written. */
export type Book = {
  enter(input: string, cause: Cause, count: Count): void;
  write(): void;
};

export type Ledger = {
  open(destination: string): Book;
  lost(loss: Loss, now: number): void;
};

/** How many lost ranges are kept in words for each input and cause. */
const RANGES_KEPT = 10;
const NOTHING: Count = { lines: 0, bytes: 0 };

export function createLedger(db: Database.Database, tx: Transactions): Ledger {
  const enter = db.prepare(`
    INSERT INTO ledger (destination, input, cause, lines, bytes) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET lines = lines + excluded.lines, bytes = bytes + excluded.bytes`);
  const getRanges = db
    .prepare<[string, string], string>('SELECT ranges FROM lost WHERE input = ? AND cause = ?')
    .pluck();
  const addLost = db.prepare(`
    INSERT INTO lost (input, cause, bytes, ranges) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes, ranges = excluded.ranges`);

  return {
    open(destination) {
      const sums = new Map<string, Map<Cause, Count>>();
      return {
        enter(input, cause, { lines, bytes }) {
          if (lines === 0 && bytes === 0) return;
          const causes = sums.get(input) ?? new Map<Cause, Count>();
          sums.set(input, causes);
          const sum = causes.get(cause) ?? NOTHING;
          causes.set(cause, addCounts(sum, { lines, bytes }));
        },
        write() {
          for (const [input, causes] of sums)
            for (const [cause, { lines, bytes }] of causes) enter.run(destination, input, cause, lines, bytes);
        },
      };
    },
    lost(loss, now) {
      tx.run('write down a loss in', () => {
        const ranges: string[] = JSON.parse(getRanges.get(loss.input, loss.cause) ?? '[]');
        ranges.push(`${new Date(now).toISOString()} ${loss.path} bytes ${loss.from} to ${loss.to}: ${loss.cause}`);
        addLost.run(loss.input, loss.cause, loss.to - loss.from, JSON.stringify(ranges.slice(-RANGES_KEPT)));
      });
    },
  };
}

export function addCounts(a: Count, b: Count): Count {
  return { lines: a.lines + b.lines, bytes: a.bytes + b.bytes };
}

type Entry = Count & { readonly destination: string; readonly input: string; readonly cause: Cause };
type Lost = { readonly input: string; readonly cause: Loss['cause']; readonly bytes: number; readonly ranges: string };

/** What reads the whole ledger, and all losses; for a status they are read every few seconds. */
export function createBooks(db: Database.Database) {
  const entries = db.prepare<[], Entry>('SELECT * FROM ledger ORDER BY destination, input, cause');
  const losses = db.prepare<[], Lost>('SELECT * FROM lost ORDER BY input, cause');
  return {
    /** `spooled`: what stands in the spool, by destination and input. */
    ledger: (spooled: (destination: string, input: string) => Count): LedgerRow[] => rowsOf(entries.all(), spooled),
    losses: (): LossRow[] => losses.all().map(({ ranges, ...row }) => ({ ...row, ranges: JSON.parse(ranges) })),
  };
}

function rowsOf(entries: readonly Entry[], spooled: (destination: string, input: string) => Count): LedgerRow[] {
  const books = Map.groupBy(entries, ({ destination, input }) => JSON.stringify([destination, input]));
  return [...books.values()].map((book) => {
    const { destination, input } = book[0]!;
    const counts = new Map(book.map(({ cause, lines, bytes }) => [cause, { lines, bytes }]));
    const dropped = [...counts].flatMap(([cause, count]) =>
      cause.startsWith('dropped:') ? [[cause.slice('dropped:'.length), count] as const] : [],
    );
    return {
      destination,
      input,
      read: counts.get('read') ?? NOTHING,
      acked: counts.get('acked') ?? NOTHING,
      filtered: counts.get('filtered') ?? NOTHING,
      dropped: Object.fromEntries(dropped),
      spool: spooled(destination, input),
      repeated: counts.get('repeated') ?? NOTHING,
    };
  });
}

/**
 * Books that do not close: what is read and not accounted for, or less than nothing. There is none in a state that is what was
 * written, at any time.
 */
export function openBooks(
  db: Database.Database,
): { destination: string; input: string; lines: number; bytes: number }[] {
  const sums = db.prepare<[], { destination: string; input: string; lines: number; bytes: number }>(`
    SELECT destination, input, sum(lines) AS lines, sum(bytes) AS bytes FROM (
      SELECT destination, input, lines, bytes FROM ledger WHERE cause = 'read'
      UNION ALL SELECT destination, input, -lines, -bytes FROM ledger
        WHERE cause IN ('acked', 'filtered') OR cause LIKE 'dropped:%'
      UNION ALL SELECT destination, input, -lines, -bytes FROM spool
      UNION ALL SELECT destination, input, -lines, -bytes FROM refused)
    GROUP BY destination, input`);
  return sums.all().filter(({ lines, bytes }) => lines !== 0 || bytes !== 0);
}
