/**
 * The Prometheus view of a Status. Every scrape builds its registry anew from one snapshot, so the numbers of a scrape belong
 * together and nothing is kept twice. Labels are input, destination and cause: names from the configuration, never file names.
 */
import { Counter, Gauge, Registry } from 'prom-client';
import type { Count } from '../types.ts';
import type { DestinationStatus, InputStatus, Ledger, Status } from './status.ts';

export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** The ledger's counters, in lines and in bytes. `what` goes on with the metric's help. */
const COUNTED = [
  { key: 'read', what: 'read from the input for the destination' },
  { key: 'acked', what: 'acknowledged by the server' },
  { key: 'filtered', what: 'not shipped because they are empty or not selected' },
  { key: 'repeated', what: 'sent again after a broken link' },
] as const satisfies readonly { key: keyof Ledger; what: string }[];

const WAITING = [
  { key: 'spool', what: 'waiting in the spool' },
  { key: 'underway', what: 'sent or about to be sent, and not yet settled' },
] as const satisfies readonly { key: keyof Ledger; what: string }[];

const UNITS = ['lines', 'bytes'] as const satisfies readonly (keyof Count)[];

/** Gives the text of a scrape (Prometheus exposition format 0.0.4). */
export async function renderMetrics(status: Status): Promise<string> {
  const registry = new Registry();
  const registers = [registry];
  const pairs = status.destinations.flatMap((destination) =>
    destination.inputs.map((input) => ({ destination, input, labels: labelsOf(destination, input) })),
  );
  for (const unit of UNITS) {
    for (const { key, what } of COUNTED) {
      const name = `tailship_${unit}_${key}_total`;
      const counter = new Counter({ name, help: `Source ${unit} ${what}.`, labelNames: PAIR, registers });
      for (const { input, labels } of pairs) counter.inc(labels, input.ledger[key][unit]);
    }
    dropped(registry, unit, pairs);
    for (const { key, what } of WAITING) {
      const name = `tailship_${key}_${unit}`;
      const gauge = new Gauge({ name, help: `Source ${unit} ${what}.`, labelNames: PAIR, registers });
      for (const { input, labels } of pairs) gauge.set(labels, input.ledger[key][unit]);
    }
  }
  const behind = new Gauge({
    ...{
      name: 'tailship_behind_bytes',
      help: 'Bytes in the files that are not yet settled.',
      labelNames: PAIR,
      registers,
    },
  });
  for (const { input, labels } of pairs) behind.set(labels, behindBytes(input));
  perDestination(registry, status);
  perAgent(registry, status);
  return registry.metrics();
}

type Pair = { readonly input: InputStatus; readonly labels: { input: string; destination: string } };
const PAIR = ['input', 'destination'] as const;

function labelsOf(destination: DestinationStatus, input: InputStatus) {
  return { input: input.name, destination: destination.name };
}

function behindBytes(input: InputStatus): number {
  return input.files.reduce((sum, file) => sum + Math.max(0, (file.size ?? 0) - file.settled), 0);
}

function dropped(registry: Registry, unit: keyof Count, pairs: readonly Pair[]): void {
  const name = `tailship_${unit}_dropped_total`;
  const help = `Source ${unit} dropped by a stated policy.`;
  const counter = new Counter({ name, help, labelNames: [...PAIR, 'cause'], registers: [registry] });
  for (const { input, labels } of pairs) {
    for (const [cause, count] of Object.entries(input.ledger.dropped)) counter.inc({ ...labels, cause }, count[unit]);
  }
}

function perDestination(registry: Registry, status: Status): void {
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, labelNames: ['destination'], registers: [registry] });
  const up = gauge('tailship_link_up', '1 while the server is connected, else 0.');
  const rows = gauge('tailship_spool_rows', 'Batches waiting in the spool.');
  const age = gauge('tailship_spool_oldest_seconds', 'Age of the oldest batch in the spool, 0 when it is empty.');
  for (const { name, link } of status.destinations) up.set({ destination: name }, link.state === 'up' ? 1 : 0);
  for (const { name, spool } of [...status.destinations, ...status.orphaned]) {
    const labels = { destination: name };
    rows.set(labels, spool.rows);
    age.set(labels, spool.oldest === undefined ? 0 : Math.max(0, status.agent.now - spool.oldest) / 1000);
  }
}

function perAgent(registry: Registry, status: Status): void {
  const registers = [registry];
  const lost = new Counter({
    name: 'tailship_lost_bytes_total',
    help: 'Bytes known or suspected lost before they became lines.',
    ...{ labelNames: ['input', 'cause'], registers },
  });
  for (const { input, cause, bytes } of status.lost) lost.inc({ input, cause }, bytes);
  const help = 'Version of the agent, always 1.';
  new Gauge({ name: 'tailship_build_info', help, labelNames: ['version'], registers }).set(
    { version: status.agent.version },
    1,
  );
  const started = new Gauge({ name: 'tailship_start_time_seconds', help: 'When the agent started.', registers });
  started.set(status.agent.started / 1000);
}
