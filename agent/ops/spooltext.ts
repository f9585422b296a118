/** What waits in the spool as text for a terminal: trouble first, aligned. Pure. */
import type { Count } from '../types.ts';
import { printable } from '../wire/printable.ts';
import { formatDuration, formatSize } from '../wire/units.ts';
import { type Cell, columns, hanging, type Look } from './paint.ts';
import { count, lineCount } from './statusparts.ts';

/** Rows of the spool, and the source lines and bytes in them. `oldest`: when the first was written, ms since the epoch. */
type Kept = Count & { readonly rows: number; readonly oldest: number | undefined };

/** What waits for one destination. `orphaned`: the configuration does not name it, so nothing will ever send this. */
export type Waiting = Kept & {
  readonly name: string;
  readonly orphaned: boolean;
  /** What its server refused for good. */
  readonly refused: Kept;
};

/** What `tailship spool ls --json` prints. */
export type Listed = {
  /** The state file. */
  readonly path: string;
  /** False where there is none yet. */
  readonly exists: boolean;
  /** Whether an agent has it now. */
  readonly running: boolean;
  /** Bytes that it takes on disk, with SQLite's log. */
  readonly size: number;
  readonly now: number;
  readonly destinations: readonly Waiting[];
};

/** The text that `tailship spool ls` shows. */
export function renderListed({ path, exists, running, size, now, destinations }: Listed, look: Look): string {
  if (!exists) return `There is no spool ${printable(path)} yet.\n`;
  const held = running ? 'an agent is running on it' : 'no agent is running on it';
  const lines = hanging('', `${printable(path)}, ${formatSize(size)} on disk, ${held}`, look);
  const named = destinations.map((one) => ({ ...one, name: printable(one.name) }));
  const trouble = named.flatMap((one) => troubleOf(one, look));
  // What nobody will send comes first, then what has waited longest.
  const sorted = named.toSorted((a, b) => rank(a) - rank(b) || (a.oldest ?? Infinity) - (b.oldest ?? Infinity) || 0);
  const table = columns(
    sorted.flatMap((one) => rowsOf(one, now)),
    look,
  );
  return `${[...lines, ...trouble, '', ...table.map((row) => `  ${row}`)].join('\n')}\n`;
}

const rank = ({ orphaned, refused }: Waiting): number => (orphaned ? 0 : refused.rows > 0 ? 1 : 2);

function troubleOf({ name, orphaned, refused }: Waiting, look: Look): string[] {
  const said: string[] = [];
  if (orphaned)
    said.push(
      `${name} is in no section any more, so nothing sends what waits for it. Name it in the configuration again, or: tailship spool drop --destination ${name}`,
    );
  if (refused.rows > 0)
    said.push(
      `The server of ${name} refused ${lineCount(refused.lines)} for good. To send them once more: tailship spool retry --destination ${name}; to be rid of them: tailship spool drop --refused --destination ${name}`,
    );
  return said.flatMap((sentence) => hanging('  ! ', sentence, look, 'odd'));
}

/** What waits, and in a row of its own what was refused. */
function rowsOf(one: Waiting, now: number): Cell[][] {
  const name: Cell = { text: one.name, tone: 'strong' };
  const state: Cell = one.orphaned
    ? { text: 'ORPHANED', tone: 'odd' }
    : one.rows > 0
      ? 'waits'
      : { text: 'empty', tone: 'good' };
  const rows: Cell[][] = [[name, state, ...amountOf(one, now)]];
  if (one.refused.rows > 0) rows.push(['', { text: 'refused', tone: 'odd' }, ...amountOf(one.refused, now)]);
  return rows;
}

function amountOf({ rows, lines, bytes, oldest }: Kept, now: number): Cell[] {
  if (rows === 0) return [];
  const age = oldest === undefined ? '' : `oldest ${formatDuration(now - oldest)}`;
  return [lineCount(lines), formatSize(bytes), count(rows, 'batch', 'batches'), age];
}
