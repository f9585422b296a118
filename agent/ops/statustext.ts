/** A Status as text for a terminal: short, aligned, the worst first to be seen. Pure. */
import { printable } from '../wire/printable.ts';
import { formatDuration, formatSize } from '../wire/units.ts';
import { clockTime } from './logline.ts';
import {
  type Complaint,
  type DestinationStatus,
  type FileLine,
  type InputBooks,
  type Ledger,
  ledgerHolds,
  type Orphan,
  type ServerLine,
  type Status,
  type Stopped,
} from './status.ts';

const DAY = 86_400_000;

/** The text that `tailship status` shows for a running agent. */
export function renderStatus(status: Status): string {
  const { agent, destinations, lost, errors } = status;
  const running = `running for ${formatDuration(agent.now - agent.started)}, pid ${agent.pid}`;
  const lines = [`tailship ${agent.version}  ${running}, ${agent.config ?? 'no configuration file, defaults'}`];
  for (const destination of destinations) lines.push('', ...destinationLines(destination, agent.now));
  lines.push(...orphanLines(status.orphaned, agent.now));
  if (lost.length > 0) lines.push('', ...renderLost(lost));
  if (errors.length > 0)
    lines.push(
      '',
      'Last warnings and errors (tailship explain CODE says more)',
      ...errors.map((complaint) => complaintLine(complaint, agent.now)),
    );
  return `${lines.map(printable).join('\n')}\n`;
}

/** The text that `tailship status` shows when no agent answers. */
export function renderStopped(stopped: Stopped): string {
  const { state, exists, config, now, holder, destinations, lost } = stopped;
  const lines = [
    `tailship ${holder ? 'DOES NOT ANSWER' : 'is NOT RUNNING'}  ${config ?? 'no configuration file, defaults'}`,
  ];
  if (holder) {
    const since = `for ${formatDuration(now - holder.started)}`;
    lines.push(`  Process ${holder.pid} (${holder.command}) has held the state ${since}, and its control socket`);
    lines.push(`  ${state}.sock is not there. Its own log says why.`);
  }
  if (!exists) lines.push(`  It has never run with this configuration: there is no state file ${state}.`);
  else lines.push(`  What follows is from the state file ${state}.`);
  for (const { name, spool, inputs } of destinations) {
    lines.push('', `${name}`, `  spool      ${spoolText(spool, now)}`);
    for (const input of inputs) lines.push('', ...inputLines(input));
  }
  lines.push(...orphanLines(stopped.orphaned, now));
  if (lost.length > 0) lines.push('', ...renderLost(lost));
  return `${lines.map(printable).join('\n')}\n`;
}

/** `old  ORPHANED  in no section any more; spool: 12 lines in 1 batch …` */
function orphanLines(orphaned: readonly Orphan[], now: number): string[] {
  const known = orphaned.map(
    ({ name, spool }) => `${name}  ORPHANED  in no section any more; spool: ${spoolText(spool, now)}`,
  );
  return known.length > 0 ? ['', ...known] : [];
}

/** `LOST  app: 512B truncated` for every input that lost bytes. */
function renderLost(lost: Status['lost']): string[] {
  return lost.map(({ input, cause, bytes }) => `LOST  ${input}: ${formatSize(bytes)} ${cause} before they were read`);
}

function destinationLines(destination: DestinationStatus, now: number): string[] {
  const { name, state, link, spool, setAside, underway, inputs } = destination;
  const since = link.since === undefined ? '' : ` for ${formatDuration(now - link.since)}`;
  const lines = [`${name}  ${state.toUpperCase()}  ${link.target}, link ${link.state}${since}`];
  if (link.state !== 'up' && link.problem !== undefined) lines.push(`  problem    ${link.problem}`);
  if (link.nextTry !== undefined) lines.push(`  next try   in ${formatDuration(link.nextTry - now)}`);
  for (const server of link.servers) lines.push(`  server     ${serverText(server, now)}`);
  lines.push(`  spool      ${spoolText(spool, now)}`);
  if (setAside.rows > 0)
    lines.push(
      `  refused    ${lineCount(setAside.lines)} by the server, kept in the spool: tailship spool retry, or drop --refused`,
    );
  lines.push(
    `  under way  ${underway.lines === 0 ? 'nothing' : `${lineCount(underway.lines)}, ${formatSize(underway.bytes)}`}`,
  );
  for (const input of inputs) lines.push('', ...inputLines(input));
  return lines;
}

/** `tcp://10.0.0.7:514, down for 2m, next try in 8s: connection refused` */
function serverText({ target, state, since, nextTry, problem }: ServerLine, now: number): string {
  const age = since === undefined ? '' : ` for ${formatDuration(now - since)}`;
  const next = nextTry === undefined ? '' : `, next try in ${formatDuration(nextTry - now)}`;
  return `${target}, ${state}${age}${next}${state !== 'up' && problem !== undefined ? `: ${problem}` : ''}`;
}

/** `1,204 lines in 12 batches, 1.2MiB, oldest 4m 12s` */
function spoolText(spool: DestinationStatus['spool'], now: number): string {
  if (spool.rows === 0) return 'empty';
  const age = spool.oldest === undefined ? '' : `, oldest ${formatDuration(now - spool.oldest)}`;
  return `${lineCount(spool.lines)} in ${count(spool.rows, 'batch', 'batches')}, ${formatSize(spool.bytes)}${age}`;
}

function inputLines({ name, paths, files, ledger }: InputBooks): string[] {
  const there = new Set(files.map(({ path }) => path));
  const absent = paths.filter((path) => !there.has(path) && (files.length === 0 || !/[*?[\]{}]/.test(path)));
  const rows = [...files.map(fileRow), ...absent.map((path) => [path, 'no file there yet'])];
  return [`  input ${name}`, ...[...columns(rows), ...ledgerLines(ledger)].map((line) => `    ${line}`)];
}

function fileRow({ path, state, size, settled, note }: FileLine): string[] {
  if (size === undefined) return [path, state, '', `settled up to ${formatSize(settled)}`, note ?? ''];
  const behind = size - settled;
  return [path, state, formatSize(size), behind > 0 ? `${formatSize(behind)} behind` : 'all settled', note ?? ''];
}

/** The ledger as the sum that it is, without the parts that are zero. */
function ledgerLines(ledger: Ledger): string[] {
  const { read, acked, spool, underway, filtered, dropped, repeated } = ledger;
  const parts = [
    `${number(acked.lines)} acked`,
    ...some('in the spool', spool.lines),
    ...some('under way', underway.lines),
    ...some('filtered', filtered.lines),
    ...Object.entries(dropped).flatMap(([cause, part]) => some(`dropped (${cause})`, part.lines)),
  ];
  const lines = [`${lineCount(read.lines)} read = ${parts.join(' + ')}`];
  if (repeated.lines > 0) lines.push(`${lineCount(repeated.lines)} sent again after a broken link`);
  if (!ledgerHolds(ledger))
    lines.push('THE SUM DOES NOT CLOSE. This is a defect of tailship: please report it with this page.');
  return lines;
}

function some(what: string, lines: number): string[] {
  return lines === 0 ? [] : [`${number(lines)} ${what}`];
}

function complaintLine({ at, level, code, sentence, times }: Complaint, now: number): string {
  const often = times > 1 ? `  (${number(times)} times)` : '';
  return `  ${timeOf(new Date(at), now)} ${level.toUpperCase().padEnd(5)} ${sentence} [${code}]${often}`;
}

/** The time of day alone would mislead about what was said days ago. */
function timeOf(date: Date, now: number): string {
  if (now - date.getTime() < DAY) return clockTime(date);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clockTime(date)}`;
}

/** Pads every column but the last to its widest cell. */
function columns(table: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of table) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return table.map((row) =>
    row
      .map((cell, i) => cell.padEnd(i + 1 < row.length ? widths[i]! : 0))
      .join('  ')
      .trimEnd(),
  );
}

function lineCount(lines: number): string {
  return count(lines, 'line', 'lines');
}

function count(n: number, one: string, many: string): string {
  return `${number(n)} ${n === 1 ? one : many}`;
}

function number(n: number): string {
  return n.toLocaleString('en-US');
}
