/** Inputs, files and the ledger as text. Names are clean already. Pure. */
import stringWidth from 'string-width';
import { formatDuration, formatSize } from '../wire/units.ts';
import { type Cell, columns, hanging, type Look, paint } from './paint.ts';
import { type FileLine, type InputBooks, type InputStatus, type Ledger, ledgerHolds } from './status.ts';

/** So many files of an input are shown; of more, those that are most behind. */
const MOST_FILES = 20;

/** An input with its files and its books. What only a running agent knows is left out without one. */
export function inputLines(input: InputBooks | InputStatus, now: number, look: Look): string[] {
  const { name, paths, files, ledger } = input;
  const there = new Set(files.map(({ path }) => path));
  const absent = paths.filter((path) => !there.has(path) && (files.length === 0 || !/[*?[\]{}]/.test(path)));
  const some = files.length <= MOST_FILES ? files : mostBehind(files);
  const left = files.length - some.length;
  const inner = { ...look, wide: look.wide - 4 };
  return [
    ...hanging(
      `  ${paint(look, 'strong', `input ${name}`)}${'behind' in input ? '  ' : ''}`,
      'behind' in input ? inputText(input, now) : '',
      look,
    ),
    ...[
      ...fileLines(some, now, inner),
      ...(left > 0 ? [`and ${number(left)} more files, none of them further behind; --json has all`] : []),
      ...absent.map((path) => `${path}  no file there yet`),
      ...ledgerLines(ledger, inner),
    ].map((line) => `    ${line}`),
  ];
}

function inputText({ behind, oldest, rate, shaped }: InputStatus, now: number): string {
  const parts = [behind === 0 ? 'nothing behind' : `${formatSize(behind)} behind`];
  if (oldest !== undefined) parts.push(`oldest line ${formatDuration(now - oldest)}`);
  if (rate.lines > 0) parts.push(`${perSecond(rate.lines)} lines/s read`);
  if (shaped.unmatched > 0) parts.push(`${number(shaped.unmatched)} did not match the pattern`);
  return parts.join(', ');
}

/** In their own order, so that a chain can be followed. */
function mostBehind(files: readonly FileLine[]): FileLine[] {
  const chosen = new Set(files.toSorted((a, b) => b.behind - a.behind).slice(0, MOST_FILES));
  return files.filter((file) => chosen.has(file));
}

/** Two lines for each: where it stands, then what it is. Where a path leaves no room beside it, all have a line of their own. */
function fileLines(files: readonly FileLine[], now: number, look: Look): string[] {
  const beside = columns(
    files.map((file) => [file.path, ...fileCells(file, now)]),
    look,
  );
  const fits = beside.every((row) => stringWidth(row) <= look.wide);
  const rows = fits
    ? beside
    : columns(
        files.map((file) => ['', ...fileCells(file, now)]),
        look,
      );
  return files.flatMap(({ path, gen, note }, i) => [
    ...(fits ? [] : [path]),
    rows[i]!,
    ...hanging('  ', [...(gen === '-' ? [] : [gen]), ...(note === undefined ? [] : [note])].join(' · '), look, 'soft'),
  ]);
}

function fileCells({ gen, state, size, settled, behind, oldest, rate }: FileLine, now: number): Cell[] {
  const told: Cell = state === 'unreadable' ? { text: state, tone: 'ill' } : state;
  if (gen === '-') return [told];
  if (size === undefined) return [told, '', `settled up to ${formatSize(settled)}`];
  const age = oldest === undefined ? '' : `oldest ${formatDuration(now - oldest)}`;
  const speed = rate === undefined || rate < 1 ? '' : `${formatSize(rate)}/s`;
  const lag: Cell = behind > 0 ? { text: `${formatSize(behind)} behind`, tone: 'odd' } : 'all settled';
  return [told, formatSize(size), lag, age, speed];
}

/** The ledger as the sum that it is, without the parts that are zero. */
export function ledgerText({ read, acked, spool, underway, filtered, dropped }: Ledger): string {
  const parts = [
    `${number(acked.lines)} acked`,
    ...some('in the spool', spool.lines),
    ...some('under way', underway.lines),
    ...some('filtered', filtered.lines),
    ...Object.entries(dropped).flatMap(([cause, part]) => some(`dropped (${cause})`, part.lines)),
  ];
  return `${lineCount(read.lines)} read = ${parts.join(' + ')}`;
}

function ledgerLines(ledger: Ledger, look: Look): string[] {
  const { repeated } = ledger;
  const lines = hanging('', ledgerText(ledger), look);
  if (repeated.lines > 0) lines.push(`${lineCount(repeated.lines)} sent again after a broken link`);
  const broken = 'THE SUM DOES NOT CLOSE. This is a defect of tailship: please report it with this page.';
  if (!ledgerHolds(ledger)) lines.push(paint(look, 'ill', broken));
  return lines;
}

function some(what: string, lines: number): string[] {
  return lines === 0 ? [] : [`${number(lines)} ${what}`];
}

export function lineCount(lines: number): string {
  return count(lines, 'line', 'lines');
}

export function count(n: number, one: string, many: string): string {
  return `${number(n)} ${n === 1 ? one : many}`;
}

export function number(n: number): string {
  return n.toLocaleString('en-US');
}

/** Slow things need a digit more. */
export function perSecond(n: number): string {
  return n < 10 ? String(Number(n.toFixed(1))) : number(Math.round(n));
}
