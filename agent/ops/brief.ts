/** A Status in a few sentences, for the log. Pure. */
import { formatDuration, formatSize } from '../wire/units.ts';
import type { DestinationStatus, Status } from './status.ts';

/** One sentence for the whole, one for each destination. */
export function renderBrief({ agent, health, destinations }: Status): string[] {
  const state = [`${health.state}.`, ...health.reasons].join(' ');
  return [
    `Status: tailship ${agent.version}, running for ${formatDuration(agent.now - agent.started)}: ${state}`,
    ...destinations.map((one) => destinationBrief(one, agent.now)),
  ];
}

/** One line for a service manager: `live, 0 B behind`. Each destination by name where there are several. */
export function renderLine({ destinations, health }: Status): string {
  const lines = destinations.map((one) => {
    const words = lineOf(one);
    return destinations.length > 1 ? `${one.name}: ${words}` : words;
  });
  return `${health.state === 'unhealthy' ? 'unhealthy: ' : ''}${lines.join('; ')}`;
}

function lineOf({ state, link, inputs, spool }: DestinationStatus): string {
  const behind = inputs.reduce((sum, one) => sum + one.behind, 0);
  const away = link.state === 'down' ? ` (${link.target} is away)` : '';
  const waits = spool.rows > 0 ? `, ${formatSize(spool.bytes)} in the spool` : '';
  return `${state}${away}, ${formatSize(behind)} behind${waits}`;
}

function destinationBrief(
  { name, state, link, inputs, spool, rate, underway }: DestinationStatus,
  now: number,
): string {
  const behind = inputs.reduce((sum, one) => sum + one.behind, 0);
  const acked = inputs.reduce((sum, one) => sum + one.ledger.acked.lines, 0);
  const age = spool.oldest === undefined ? '' : `, oldest ${formatDuration(now - spool.oldest)}`;
  const waits = spool.rows === 0 ? 'spool empty' : `spool ${spool.lines} lines in ${formatSize(spool.bytes)}${age}`;
  return (
    `Status of ${name}: ${state}, ${link.target} ${link.state}; ${acked} lines acknowledged, ${Math.round(rate.lines)} a second; ` +
    `${underway.lines} under way, ${formatSize(behind)} behind in the files, ${waits}`
  );
}
