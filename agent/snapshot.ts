/** The composition behind `status`: the rooms' own words, put together into the one Status that everybody shows. */
import type { FileLines } from './file-lines.ts';
import type { Lens } from './ops/observer.ts';
import { type Complaint, type DestinationStatus, type InputStatus, type Status, sumOf } from './ops/status.ts';
import { orphansOf } from './orphans.ts';
import type { ServerStatus } from './ship/shipper-types.ts';
import type { LedgerRow, LossRow } from './store/ledger.ts';
import type { Store } from './store/store.ts';
import type { Config, Count, Sent } from './types.ts';
import { readVersion } from './version.ts';
import { stateOf, type Walk } from './walk.ts';

export type SnapshotParts = {
  readonly config: Config;
  readonly store: Store;
  readonly files: FileLines;
  readonly walks: readonly Walk[];
  readonly started: number;
  readonly now: number;
  readonly complaints: readonly Complaint[];
  /** What earlier looks know. */
  readonly lens: Lens;
};

const NONE: Count = { lines: 0, bytes: 0 };
const UNTOUCHED: Omit<LedgerRow, 'destination' | 'input'> = {
  ...{ read: NONE, acked: NONE, filtered: NONE, dropped: {}, spool: NONE, repeated: NONE },
};

/** Asks every room once. Throws StoreProblem when the state cannot be read. */
export function snapshot(parts: SnapshotParts): Status {
  const { config, store, walks, started, now, complaints, lens } = parts;
  const ledger = store.ledger();
  const cpu = process.cpuUsage();
  const { file, log, limit } = store.space();
  const seen = {
    agent: {
      ...{ version: readVersion(), pid: process.pid, started, now, config: config.source },
      ...{ memory: residentMemory(), cpu: (cpu.user + cpu.system) / 1000 },
    },
    disk: { used: file + log, limit },
    destinations: walks.map((walk) => destinationStatus(walk, parts, ledger)),
  };
  return {
    ...seen,
    health: lens.health(seen),
    orphaned: orphansOf(config, store, ledger),
    lost: store.losses().map(({ input, cause, bytes }: LossRow) => ({ input, cause, bytes })),
    errors: complaints,
  };
}

/** Bytes; undefined where the system does not say: it is read from /proc, which may be hidden, or no file can be opened. */
function residentMemory(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}

function destinationStatus(
  walk: Walk,
  { config, store, files, lens }: SnapshotParts,
  ledger: readonly LedgerRow[],
): Status['destinations'][number] {
  const { name } = walk.destination;
  const link = walk.shipper.status();
  const underway = [...walk.settled, ...link.underway, ...walk.held].filter((sent) => sent.row === undefined);
  const inputs = walk.inputs.map((input): InputStatus => {
    const row = ledger.find((one) => one.destination === name && one.input === input.name) ?? UNTOUCHED;
    const onTheWay = sum(underway.filter(({ batch }) => batch.input === input.name));
    const { lines, behind, oldest } = files(name, input, lens);
    return {
      name: input.name,
      paths: config.inputs.find((one) => one.name === input.name)?.paths ?? [],
      // The books know what was settled; what is under way has been read too.
      ledger: { ...row, read: add(row.read, onTheWay), underway: onTheWay },
      ...{ files: lines, behind, oldest, rate: lens.rate(name, input.name), shaped: input.shaping.status() },
    };
  });
  const former = ledger.filter((row) => row.destination === name && !inputs.some((input) => input.name === row.input));
  const spool = store.spooled(name);
  const rate = lens.rate(name);
  return {
    name,
    state: walk.fault ? 'halted' : shownState(walk, store),
    link: { ...serverLine(link), servers: (link.servers ?? []).map(serverLine) },
    disk: walk.refusal?.why,
    full: walk.full && walk.held.length > 0,
    ledger: sumOf([...inputs.map((input) => input.ledger), ...former.map((row) => ({ ...row, underway: NONE }))]),
    ...{ sent: link.messages.sent, sentAgain: link.messages.repeated, refused: link.messages.refused },
    setAside: store.refused(name),
    underway: sum(underway),
    ...{ rate, spool, inputs },
    drained: link.state === 'up' && spool.lines > 0 && rate.lines > 0 ? (spool.lines / rate.lines) * 1000 : undefined,
  };
}

function serverLine({ state, target, level, since, nextTry, problem }: ServerStatus) {
  return { state, target, level, since, nextTry, problem };
}

/** A row counts as drained when it is acknowledged and not when it is sent, though files are read again from then on. */
function shownState(walk: Walk, store: Store): DestinationStatus['state'] {
  const state = stateOf(walk, store);
  return state === 'live' && store.newestRow(walk.destination.name) > 0 ? 'draining' : state;
}

/** All source lines of some batches, whatever became of them. */
function sum(all: readonly Sent[]): Count {
  return all.reduce(
    (total, { batch: { tally } }) =>
      [tally.sent, tally.filtered, tally.dropped, tally.limited ?? NONE].reduce(add, total),
    NONE,
  );
}

function add(a: Count, b: Count): Count {
  return { lines: a.lines + b.lines, bytes: a.bytes + b.bytes };
}
