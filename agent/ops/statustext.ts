/** A Status as text for a terminal: short, aligned, trouble first. Pure. */
import { printable } from '../wire/printable.ts';
import { formatDuration, formatSize } from '../wire/units.ts';
import { clockTime } from './logline.ts';
import { hanging, type Look, PLAIN, paint, type Tone } from './paint.ts';
import type { Complaint, DestinationStatus, Orphan, ServerLine, Status, Stopped } from './status.ts';
import { count, inputLines, ledgerText, lineCount, number, perSecond } from './statusparts.ts';

const DAY = 86_400_000;

const TONES: Readonly<Record<Status['health']['state'] | DestinationStatus['state'], Tone>> = {
  ...{ healthy: 'good', degraded: 'odd', unhealthy: 'ill' },
  ...{ live: 'good', draining: 'odd', connecting: 'odd', spooling: 'odd', halted: 'ill' },
};
/** The worst first. */
const URGENCY: readonly DestinationStatus['state'][] = ['halted', 'spooling', 'connecting', 'draining', 'live'];

/** Who says that lines are acknowledged, by what the transport can know. */
const ACKNOWLEDGED = {
  handed: 'handed to the network; over UDP nobody says whether they arrive',
  flushed: "acknowledged by the server's TCP",
  confirmed: 'confirmed by the server',
} as const satisfies Record<DestinationStatus['link']['level'], string>;

/** The text that `tailship status` shows for a running agent. */
export function renderStatus(given: Status, look: Look = PLAIN): string {
  const status = shown(given);
  const { agent, health, errors } = status;
  const age = agent.now - agent.started;
  const running = [
    `running for ${formatDuration(age)}`,
    `pid ${agent.pid}`,
    ...(agent.memory === undefined ? [] : [`${formatSize(agent.memory)} of memory`]),
    // Of the first moments it tells of nothing but the start.
    ...(age < 10_000 ? [] : [`${Number(((100 * agent.cpu) / age).toFixed(1))}% of a core`]),
  ];
  const state = paint(look, TONES[health.state], health.state.toUpperCase());
  const lines = [
    ...hanging(`${paint(look, 'strong', `tailship ${agent.version}`)}  ${state}  `, running.join(', '), look),
    ...hanging('', agent.config ?? 'no configuration file, so the defaults hold', look, 'soft'),
  ];
  if (health.reasons.length > 0) lines.push('');
  for (const reason of health.reasons) lines.push(...hanging('  ! ', reason, look, TONES[health.state]));
  lines.push(...lostLines(status.lost, look));
  const urgency = ({ state: is }: DestinationStatus) => URGENCY.indexOf(is);
  for (const destination of status.destinations.toSorted((a, b) => urgency(a) - urgency(b)))
    lines.push('', ...destinationLines(destination, status, look));
  lines.push(...orphanLines(status.orphaned, agent.now, look));
  if (errors.length > 0) {
    lines.push('', paint(look, 'strong', 'Last warnings and errors (tailship explain CODE says more)'));
    for (const complaint of errors) lines.push(...complaintLines(complaint, agent.now, look));
  }
  return `${lines.join('\n')}\n`;
}

/** The text that `tailship status` shows when no agent answers. */
export function renderStopped(given: Stopped, look: Look = PLAIN): string {
  const { state, exists, config, now, holder, destinations, orphaned, lost } = shown(given);
  const word = paint(look, 'ill', holder ? 'DOES NOT ANSWER' : 'is NOT RUNNING');
  const lines = [`tailship ${word}  ${config ?? 'no configuration file, so the defaults hold'}`];
  if (holder) {
    const since = `for ${formatDuration(now - holder.started)}`;
    lines.push(`  Process ${holder.pid} (${holder.command}) has held the state ${since}, and its control socket`);
    lines.push(`  ${state}.sock is not there. Its own log says why.`);
  }
  if (!exists) lines.push(`  It has never run with this configuration: there is no state file ${state}.`);
  else lines.push(`  What follows is from the state file ${state}.`);
  lines.push(...lostLines(lost, look));
  for (const { name, spool, inputs } of destinations) {
    lines.push('', paint(look, 'strong', name), `  spool      ${spoolText(spool, now)}`);
    for (const input of inputs) lines.push('', ...inputLines(input, now, look));
  }
  lines.push(...orphanLines(orphaned, now, look));
  return `${lines.join('\n')}\n`;
}

/** File names, configuration and what servers say may hold anything, and a terminal must not obey it. */
function shown<T>(given: T): T {
  return JSON.parse(JSON.stringify(given), (_, value) => (typeof value === 'string' ? printable(value) : value)) as T;
}

/** `old  ORPHANED  in no section any more; spool: 12 lines in 1 batch …` */
function orphanLines(orphaned: readonly Orphan[], now: number, look: Look): string[] {
  const known = orphaned.flatMap(({ name, spool }) =>
    hanging(
      `${name}  ${paint(look, 'odd', 'ORPHANED')}  `,
      `in no section any more; spool: ${spoolText(spool, now)}`,
      look,
    ),
  );
  return known.length > 0 ? ['', ...known] : [];
}

/** `LOST  app: 512B truncated` for every input that lost bytes. */
function lostLines(lost: Status['lost'], look: Look): string[] {
  const lines = lost.flatMap(({ input, cause, bytes }) =>
    hanging('  LOST  ', `${input}: ${formatSize(bytes)} ${cause} before they were read`, look, 'ill'),
  );
  return lines.length > 0 ? ['', ...lines] : [];
}

function destinationLines(destination: DestinationStatus, { agent, disk }: Status, look: Look): string[] {
  const { name, state, link, spool, setAside, underway, inputs, drained } = destination;
  const { now } = agent;
  const part = (label: string, text: string, tone?: Tone) => hanging(`  ${label.padEnd(11)}`, text, look, tone);
  const since = link.since === undefined ? '' : ` for ${formatDuration(now - link.since)}`;
  const left = drained === undefined ? '' : `, empty in about ${formatDuration(drained)}`;
  const limit = spool.rows === 0 ? '' : `, disk ${formatSize(disk.used)} of ${formatSize(disk.limit)}`;
  const lines = [
    ...hanging(
      `${paint(look, 'strong', name)}  ${paint(look, TONES[state], state.toUpperCase())}  `,
      `${link.target}, link ${link.state}${since}`,
      look,
    ),
  ];
  if (link.state !== 'up' && link.problem !== undefined) lines.push(...part('problem', link.problem, 'odd'));
  if (link.nextTry !== undefined) lines.push(...part('next try', `in ${formatDuration(link.nextTry - now)}`));
  for (const server of link.servers)
    lines.push(...part('server', serverText(server, now), server.state === 'up' ? undefined : 'odd'));
  lines.push(...part('spool', `${spoolText(spool, now)}${left}${limit}`));
  if (setAside.rows > 0) {
    const cure = 'by the server, kept in the spool: tailship spool retry, or drop --refused';
    lines.push(...part('refused', `${lineCount(setAside.lines)} ${cure}`, 'odd'));
  }
  lines.push(
    ...part(
      'under way',
      underway.lines === 0 ? 'nothing' : `${lineCount(underway.lines)}, ${formatSize(underway.bytes)}`,
    ),
    ...part('speed', speedText(destination)),
    ...part('sent', sentText(destination)),
  );
  // With one input its own books say the same.
  if (inputs.length !== 1) lines.push(...part('in all', ledgerText(destination.ledger)));
  for (const input of inputs) lines.push('', ...inputLines(input, now, look));
  return lines;
}

/** `tcp://10.0.0.7:514, down for 2m, next try in 8s: connection refused` */
function serverText({ target, state, since, nextTry, problem }: ServerLine, now: number): string {
  const age = since === undefined ? '' : ` for ${formatDuration(now - since)}`;
  const next = nextTry === undefined ? '' : `, next try in ${formatDuration(nextTry - now)}`;
  return `${target}, ${state}${age}${next}${state !== 'up' && problem !== undefined ? `: ${problem}` : ''}`;
}

/** `400 lines/s, 39.1KiB/s confirmed by the server` */
function speedText({ rate, link }: DestinationStatus): string {
  if (rate.lines === 0) return 'nothing in the last seconds';
  return `${perSecond(rate.lines)} lines/s, ${formatSize(rate.bytes)}/s ${ACKNOWLEDGED[link.level]}`;
}

/** What the link has done since the start; the ledger below goes further back. */
function sentText({ sent, sentAgain, refused }: DestinationStatus): string {
  const again = sentAgain === 0 ? '' : `, ${number(sentAgain)} of them a second time`;
  const not = refused === 0 ? '' : `; the server refused ${number(refused)}`;
  return `${count(sent, 'record', 'records')} since the start${again}${not}`;
}

/** `1,204 lines in 12 batches, 1.2MiB, oldest 4m 12s` */
function spoolText(spool: DestinationStatus['spool'], now: number): string {
  if (spool.rows === 0) return 'empty';
  const age = spool.oldest === undefined ? '' : `, oldest ${formatDuration(now - spool.oldest)}`;
  return `${lineCount(spool.lines)} in ${count(spool.rows, 'batch', 'batches')}, ${formatSize(spool.bytes)}${age}`;
}

function complaintLines({ at, level, code, sentence, times }: Complaint, now: number, look: Look): string[] {
  const often = times > 1 ? `  (${number(times)} times)` : '';
  const word = level.toUpperCase().padEnd(5);
  const [first = '', ...more] = hanging(
    `  ${timeOf(new Date(at), now)} ${word} `,
    `${sentence} [${code}]${often}`,
    look,
  );
  return [first.replace(word, paint(look, level === 'error' ? 'ill' : 'odd', word)), ...more];
}

/** The time of day alone would mislead about what was said days ago. */
function timeOf(date: Date, now: number): string {
  if (now - date.getTime() < DAY) return clockTime(date);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clockTime(date)}`;
}
