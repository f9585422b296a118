/**
 * The Prometheus view of a Status. Every scrape builds its registry anew from one snapshot, so the numbers of a scrape belong
 * together and nothing is kept twice. Labels are input, destination, cause, state and server: words and names from the configuration,
 * never file names, so that they stay bounded.
 */
import type { Count, DropCause, Loss } from '../types.ts';
import type { DestinationStatus, InputStatus, Ledger, Status } from './status.ts';

/** Prometheus text exposition format. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = Readonly<Record<string, string>>;

/** One metric: its samples are cut out of a status. */
export type Family = {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  readonly samples: (status: Status) => readonly (readonly [labels: Labels, value: number])[];
};

const PAIR = ['input', 'destination'] as const;
const UNITS = ['lines', 'bytes'] as const satisfies readonly (keyof Count)[];

/**
 * Every cause has its series from the first scrape on, for Prometheus sees no increase where a series begins: the first loss would raise no
 * alarm.
 */
const DROPS = Object.keys({
  unmatched: 0,
  limit: 0,
  refused: 0,
  'spool-full': 0,
  'spool-age': 0,
  'spool-damaged': 0,
  'by-hand': 0,
} satisfies Readonly<Record<DropCause, 0>>);
const LOSSES = Object.keys({ truncated: 0, deleted: 0, unreadable: 0 } satisfies Readonly<Record<Loss['cause'], 0>>);

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

const SHAPED = [
  { name: 'tailship_unmatched_lines_total', key: 'unmatched', help: 'Lines that the pattern did not match.' },
  { name: 'tailship_invalid_lines_total', key: 'invalidUtf8', help: 'Lines that were not valid in their encoding.' },
  { name: 'tailship_unreadable_times_total', key: 'unreadableTimes', help: 'Times that could not be read.' },
  { name: 'tailship_pattern_overruns_total', key: 'overruns', help: 'Lines on which the pattern took too long.' },
  { name: 'tailship_cut_records_total', key: 'cut', help: 'Records of lines cut at max_line, or cut to fit chunk.' },
] as const satisfies readonly { name: string; key: keyof InputStatus['shaped']; help: string }[];

const STATES = ['live', 'draining', 'spooling', 'connecting', 'halted'] as const satisfies DestinationStatus['state'][];
const HEALTH = ['healthy', 'degraded', 'unhealthy'] as const satisfies Status['health']['state'][];

/** All metrics, in the order of a scrape. */
export const FAMILIES: readonly Family[] = [
  ...UNITS.flatMap((unit): Family[] => [
    ...COUNTED.map(({ key, what }) =>
      perInput(
        'counter',
        `tailship_${unit}_${key}_total`,
        `Source ${unit} ${what}.`,
        ({ ledger }) => ledger[key][unit],
      ),
    ),
    {
      ...{ name: `tailship_${unit}_dropped_total`, kind: 'counter', labels: [...PAIR, 'cause'] },
      help: `Source ${unit} dropped by a stated policy.`,
      samples: (status) =>
        pairs(status).flatMap(({ input, labels }) =>
          DROPS.map((cause) => [{ ...labels, cause }, input.ledger.dropped[cause]?.[unit] ?? 0] as const),
        ),
    },
    ...WAITING.map(({ key, what }) =>
      perInput('gauge', `tailship_${key}_${unit}`, `Source ${unit} ${what}.`, ({ ledger }) => ledger[key][unit]),
    ),
    perInput('gauge', `tailship_read_${unit}_per_second`, `Source ${unit} read lately.`, ({ rate }) => rate[unit]),
  ]),
  perInput('gauge', 'tailship_behind_bytes', 'Bytes in the files that are not yet settled.', ({ behind }) => behind),
  perInput(
    'gauge',
    'tailship_oldest_unsettled_seconds',
    'Age of the oldest line in the files that is not settled, 0 when all are.',
    ({ oldest }, { agent }) => ageOf(oldest, agent.now),
  ),
  perInput('gauge', 'tailship_files', 'Files that are followed.', ({ files }) => files.length),
  perInput('gauge', 'tailship_unreadable_files', 'Files that cannot be read.', ({ files }) =>
    files.reduce((n, { state }) => n + (state === 'unreadable' ? 1 : 0), 0),
  ),
  ...SHAPED.map(({ name, key, help }) => perInput('counter', name, help, ({ shaped }) => shaped[key])),
  perInput(
    'counter',
    'tailship_shape_seconds_total',
    'Time that pattern and form of the records took.',
    ({ shaped }) => shaped.ms / 1000,
  ),
  perInput(
    'gauge',
    'tailship_pattern_set_aside',
    '1 where the pattern took too long too often, else 0.',
    ({ shaped }) => (shaped.setAside ? 1 : 0),
  ),
  perDestination('gauge', 'tailship_link_up', '1 while the server is connected, else 0.', ({ link }) =>
    link.state === 'up' ? 1 : 0,
  ),
  {
    ...{ name: 'tailship_server_up', kind: 'gauge', labels: ['destination', 'server'] },
    help: '1 while that server is connected, else 0, where several share the work.',
    samples: ({ destinations }) =>
      destinations.flatMap(({ name: destination, link }) =>
        link.servers.map(({ target, state }) => [{ destination, server: target }, state === 'up' ? 1 : 0] as const),
      ),
  },
  {
    ...{ name: 'tailship_destination_state', kind: 'gauge', labels: ['destination', 'state'] },
    help: '1 for the state in which the destination is, 0 for the others.',
    samples: ({ destinations }) =>
      destinations.flatMap(({ name, state: is }) =>
        STATES.map((state) => [{ destination: name, state }, state === is ? 1 : 0] as const),
      ),
  },
  perDestination('gauge', 'tailship_acked_lines_per_second', 'Lines acknowledged lately.', ({ rate }) => rate.lines),
  perDestination('counter', 'tailship_sent_records_total', 'Records written to the server.', (one) => one.sent),
  perDestination(
    'counter',
    'tailship_repeated_records_total',
    'Records written to the server a second time.',
    (one) => one.sentAgain,
  ),
  perDestination('counter', 'tailship_refused_records_total', 'Records that the server refused.', (one) => one.refused),
  perSpool('tailship_spool_rows', 'Batches waiting in the spool.', ({ rows }) => rows),
  perSpool(
    'tailship_spool_oldest_seconds',
    'Age of the oldest batch in the spool, 0 when it is empty.',
    ({ oldest }, { agent }) => ageOf(oldest, agent.now),
  ),
  perAgent('gauge', 'tailship_spool_disk_bytes', 'Bytes that the state takes on disk.', ({ disk }) => disk.used),
  perAgent('gauge', 'tailship_spool_limit_bytes', 'The most that it may take.', ({ disk }) => disk.limit),
  {
    ...{ name: 'tailship_lost_bytes_total', kind: 'counter', labels: ['input', 'cause'] },
    help: 'Bytes known or suspected lost before they became lines.',
    samples: lossesOf,
  },
  {
    ...{ name: 'tailship_health', kind: 'gauge', labels: ['state'] },
    help: '1 for the state of health that /readyz tells, 0 for the others.',
    samples: ({ health }) => HEALTH.map((state) => [{ state }, health.state === state ? 1 : 0] as const),
  },
  {
    ...{ name: 'tailship_build_info', kind: 'gauge', labels: ['version'], help: 'Version of the agent, always 1.' },
    samples: ({ agent }) => [[{ version: agent.version }, 1]],
  },
  perAgent('gauge', 'tailship_start_time_seconds', 'When the agent started.', ({ agent }) => agent.started / 1000),
  perAgent('gauge', 'process_resident_memory_bytes', 'Resident memory.', ({ agent }) => agent.memory),
  perAgent('counter', 'process_cpu_seconds_total', 'CPU time used, user and system.', ({ agent }) => agent.cpu / 1000),
];

/** Gives the text of a scrape (Prometheus exposition format 0.0.4). */
export async function renderMetrics(status: Status): Promise<string> {
  // It takes 6 MB, which an agent that nobody scrapes can do without.
  // It is CommonJS, of which a bundle gives the whole only.
  const { default: prom } = await import('prom-client');
  const { Counter, Gauge, Registry } = prom;
  const registry = new Registry();
  for (const { name, kind, help, labels: labelNames, samples } of FAMILIES) {
    const values = samples(status);
    // Without labels it would be 0 where it is not known.
    if (labelNames.length === 0 && values.length === 0) continue;
    const options = { name, help, labelNames, registers: [registry] };
    const metric = kind === 'counter' ? new Counter(options) : new Gauge(options);
    for (const [labels, value] of values) metric.inc(labels, value);
  }
  return registry.metrics();
}

function lossesOf({ destinations, lost }: Status): ReturnType<Family['samples']> {
  // An input that is no longer configured keeps what it lost.
  const names = [
    ...destinations.flatMap(({ inputs }) => inputs.map(({ name }) => name)),
    ...lost.map(({ input }) => input),
  ];
  return [...new Set(names)].flatMap((input) =>
    LOSSES.map((cause) => {
      const found = lost.find((one) => one.input === input && one.cause === cause);
      return [{ input, cause }, found?.bytes ?? 0] as const;
    }),
  );
}

function ageOf(at: number | undefined, now: number): number {
  return at === undefined ? 0 : Math.max(0, now - at) / 1000;
}

function pairs({ destinations }: Status) {
  return destinations.flatMap((destination) =>
    destination.inputs.map((input) => ({ input, labels: { input: input.name, destination: destination.name } })),
  );
}

type Kind = Family['kind'];

function perInput(kind: Kind, name: string, help: string, value: (input: InputStatus, all: Status) => number): Family {
  const samples: Family['samples'] = (status) =>
    pairs(status).map(({ input, labels }) => [labels, value(input, status)] as const);
  return { name, kind, help, labels: PAIR, samples };
}

function perDestination(kind: Kind, name: string, help: string, value: (one: DestinationStatus) => number): Family {
  const samples: Family['samples'] = ({ destinations }) =>
    destinations.map((one) => [{ destination: one.name }, value(one)] as const);
  return { name, kind, help, labels: ['destination'], samples };
}

/** Of destinations that are no longer configured too: their rows are still there. */
function perSpool(
  name: string,
  help: string,
  value: (spool: DestinationStatus['spool'], all: Status) => number,
): Family {
  const samples: Family['samples'] = (status) =>
    [...status.destinations, ...status.orphaned].map(
      ({ name: destination, spool }) => [{ destination }, value(spool, status)] as const,
    );
  return { name, kind: 'gauge', help, labels: ['destination'], samples };
}

/** `value` may be unknown. */
function perAgent(kind: Kind, name: string, help: string, value: (status: Status) => number | undefined): Family {
  const samples = (status: Status) =>
    [value(status)].filter((one) => one !== undefined).map((one) => [{}, one] as const);
  return { name, kind, help, labels: [], samples };
}
