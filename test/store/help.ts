/** What the store's tests share: a store that is closed with the test, and batches of any size. */
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { openStore, type Store, type StoreParts } from '../../agent/store/store.ts';
import type { Batch, Checkpoint, Count, Log, Sent, SpoolConfig } from '../../agent/types.ts';
import { createTurnedClock, type TurnedClock } from '../harness/clock.ts';
import { toldLog } from '../harness/log.ts';

/** A log that keeps what it is told, as `LEVEL SENTENCE`. */
export function testLog(): Log & { readonly said: string[] } {
  const said: string[] = [];
  return { said, ...toldLog((level, sentence) => void said.push(`${level} ${sentence}`)) };
}

export function configFor(file: string, change: Partial<SpoolConfig> = {}): SpoolConfig {
  return { path: file, maxSize: 2 ** 30, maxAge: undefined, full: 'block', sync: 'normal', ...change };
}

export type Opened = { readonly store: Store; readonly clock: TurnedClock; readonly log: ReturnType<typeof testLog> };

/** A store at `file` that is closed with the test. */
export function open(
  t: TestContext,
  file: string,
  change: Partial<SpoolConfig> = {},
  more: Partial<StoreParts> = {},
): Opened {
  const clock = createTurnedClock();
  const log = testLog();
  const store = openStore({ config: configFor(file, change), clock, log, command: 'tailship run', ...more });
  t.after(() => store.close());
  return { store, clock, log };
}

/** A generation of `input` in `store`, as if its file had just been found. */
export function addFile(
  store: Store,
  input = 'app',
  more: { path?: string | undefined; previous?: number } = {},
): number {
  const clues = { dev: 1, ino: 2, birth: 3.25, headBytes: 4, head: 'ab' };
  const generation = { input, chain: '/log/app.log', path: '/log/app.log', clues, firstSeen: 5, ...more };
  return store.add({ previous: undefined, ...generation }).file;
}

export const count = (lines: number, bytes: number): Count => ({ lines, bytes });

type Shape = {
  readonly input?: string;
  readonly marks?: readonly Checkpoint[];
  readonly sent?: Count;
  readonly filtered?: Count;
  readonly dropped?: Count;
  /** Bytes of payload; 0 = no message. By default one message of 100 bytes when lines were sent. */
  readonly payload?: number;
};

export function batch(shape: Shape): Batch {
  const sent = shape.sent ?? count(0, 0);
  const size = shape.payload ?? (sent.lines > 0 ? 100 : 0);
  // Bytes that nothing makes smaller, so that a test says how much the spool has to hold.
  const payload = randomBytes(size);
  for (let at = payload.indexOf(10); at !== -1; at = payload.indexOf(10, at)) payload[at] = 11;
  const ends = size === 0 ? new Uint32Array() : new Uint32Array([size - 1]);
  if (size > 0) payload[size - 1] = 10;
  const tally = { sent, filtered: shape.filtered ?? count(0, 0), dropped: shape.dropped ?? count(0, 0) };
  return { input: shape.input ?? 'app', payload, ends, marks: shape.marks ?? [], tally };
}

export const mark = (file: number, offset: number, skip = 0): Checkpoint => ({
  file,
  offset,
  skip,
  clue: `c${offset}`,
});

export const live = (one: Batch, again = false): Sent => ({ batch: one, row: undefined, again });

/** All rows of a destination's spool, oldest first. */
export function rowsOf(store: Store, destination: string): Sent[] {
  const rows: Sent[] = [];
  for (let row = store.read(destination, 0); row?.row !== undefined; row = store.read(destination, row.row))
    rows.push(row);
  return rows;
}
