/**
 * What was dropped before it was sent, and the server does not know of yet: ranges of generations by cause, kept in the transaction
 * that drops them. Ranges that touch are one, so that an outage of days leaves a few of them and not one a row.
 */
import type Database from 'better-sqlite3';
import type { Batch, FileId } from '../types.ts';
import { newIdentitySpan, scanIdentity } from '../wire/identity-scan.ts';
import { readNotice } from '../wire/notice.ts';
import { readRfc5424 } from '../wire/rfc5424.ts';
import type { Generations } from './generations.ts';
import type { Transactions } from './transactions.ts';

/** The bytes of a generation from `start` up to `stop`. `cause`: as in the ledger's `dropped:CAUSE`, or `lost:CAUSE`. */
export type DroppedRange = {
  readonly gen: string;
  readonly cause: string;
  readonly start: number;
  readonly stop: number;
};

/** Which bytes of which generation a row stands for: `[file, offset, start, stop]`. Older rows have no more than the first two. */
export type Stretch = readonly [file: FileId, offset: number, start?: number, stop?: number];

export type Untold = {
  /** What a batch stands for: from where the checkpoints are, before its marks move them. */
  stretches(destination: string, marks: Batch['marks']): Stretch[];
  noteStretches(destination: string, cause: string, stretches: readonly Stretch[]): void;
  /** The same from the messages themselves: by their identities, and by what records of the agent's own had to tell. */
  noteMessages(destination: string, cause: string, payload: Buffer, ends: Uint32Array): void;
  /** Whether there is anything to tell. */
  waits(destination: string): boolean;
  /** The first `limit` ranges, by generation. */
  first(destination: string, limit: number): DroppedRange[];
  /** They are in a record that will be sent. */
  told(destination: string, ranges: readonly DroppedRange[]): void;
};

/** How a record of a loss or of dropped lines begins: facility syslog, severity warning. */
const OWN = '<44>1 ';

export function createUntold(db: Database.Database, tx: Transactions, checkpoint: Generations['checkpoint']): Untold {
  const genOf = db.prepare<[FileId], string>('SELECT gen FROM generation WHERE file = ?').pluck();
  const touching = db.prepare<[string, string, string, number, number], DroppedRange>(`
    SELECT gen, cause, start, stop FROM untold
    WHERE destination = ? AND gen = ? AND cause = ? AND start <= ? AND stop >= ?`);
  const insert = db.prepare('INSERT INTO untold (destination, gen, cause, start, stop) VALUES (?, ?, ?, ?, ?)');
  const remove = db.prepare('DELETE FROM untold WHERE destination = ? AND gen = ? AND cause = ? AND start = ?');
  const first = db.prepare<[string, number], DroppedRange>(`
    SELECT gen, cause, start, stop FROM untold WHERE destination = ? ORDER BY gen, start LIMIT ?`);
  const all = db.prepare<[], string>('SELECT DISTINCT destination FROM untold').pluck();
  const waiting = new Set(all.all());
  const span = newIdentitySpan();

  function told(destination: string, ranges: readonly DroppedRange[]): void {
    for (const { gen, cause, start } of ranges) remove.run(destination, gen, cause, start);
    tx.committed(() => {
      if (first.get(destination, 1) === undefined) waiting.delete(destination);
    });
  }

  function note(destination: string, range: DroppedRange): void {
    if (range.stop <= range.start) return;
    const { gen, cause } = range;
    const others = touching.all(destination, gen, cause, range.stop, range.start);
    for (const one of others) remove.run(destination, gen, cause, one.start);
    const start = Math.min(range.start, ...others.map((one) => one.start));
    const stop = Math.max(range.stop, ...others.map((one) => one.stop));
    insert.run(destination, gen, cause, start, stop);
    tx.committed(() => waiting.add(destination));
  }

  /** What a record of the agent's own had to tell is still to be told. */
  function noteOwn(destination: string, text: string): void {
    const record = readRfc5424(text);
    const { loss, dropped } = (record && readNotice(record.sd)) ?? {};
    if (loss) {
      const { gen = '', from, bytes, why } = loss;
      note(destination, { gen, cause: `lost:${why}`, start: from, stop: from + bytes });
    }
    if (dropped) {
      const { gen, from, bytes, why } = dropped;
      note(destination, { gen, cause: why, start: from, stop: from + bytes });
    }
  }

  return {
    stretches: (destination, marks) =>
      marks.map(({ file, offset, skip }) => {
        const before = checkpoint(destination, file) ?? { offset: 0, skip: 0 };
        return [file, offset, before.offset - before.skip, offset - skip];
      }),
    noteStretches(destination, cause, stretches) {
      for (const [file, , start, stop] of stretches) {
        const gen = start === undefined || stop === undefined ? undefined : genOf.get(file);
        if (gen !== undefined) note(destination, { gen, cause, start: start!, stop: stop! });
      }
    },
    noteMessages(destination, cause, payload, ends) {
      let at = 0;
      for (const end of ends) {
        if (scanIdentity(payload, at, end, span)) {
          const gen = payload.toString('latin1', span.genStart, span.genEnd);
          note(destination, { gen, cause, start: span.at - span.skip, stop: span.at + span.len });
        } else if (payload.toString('latin1', at, at + OWN.length) === OWN)
          noteOwn(destination, payload.toString('utf8', at, end));
        at = end + 1;
      }
    },
    waits: (destination) => waiting.has(destination),
    first: (destination, limit) => first.all(destination, limit),
    told,
  };
}
