/** The composition behind `status`: the rooms' own words, put together into the one Status that everybody shows. */
import type { Complaint, FileLine, InputStatus, Status } from './ops/status.ts';
import { orphansOf } from './orphans.ts';
import type { LedgerRow, LossRow } from './store/ledger.ts';
import type { Store } from './store/store.ts';
import type { FileStatus } from './tail/status.ts';
import type { Config, Count, Sent } from './types.ts';
import { readVersion } from './version.ts';
import { stateOf, type Walk } from './walk.ts';

export type SnapshotParts = {
  readonly config: Config;
  readonly store: Store;
  readonly walks: readonly Walk[];
  readonly started: number;
  readonly now: number;
  readonly complaints: readonly Complaint[];
};

const NONE: Count = { lines: 0, bytes: 0 };
const UNTOUCHED: Omit<LedgerRow, 'destination' | 'input'> = {
  ...{ read: NONE, acked: NONE, filtered: NONE, dropped: {}, spool: NONE, repeated: NONE },
};

/** Asks every room once. Throws StoreProblem when the state cannot be read. */
export function snapshot({ config, store, walks, started, now, complaints }: SnapshotParts): Status {
  const ledger = store.ledger();
  return {
    agent: { version: readVersion(), pid: process.pid, started, now, config: config.source },
    destinations: walks.map((walk) => destinationStatus(walk, store, ledger, config)),
    orphaned: orphansOf(config, store),
    lost: store.losses().map(({ input, cause, bytes }: LossRow) => ({ input, cause, bytes })),
    errors: complaints,
  };
}

function destinationStatus(
  walk: Walk,
  store: Store,
  ledger: readonly LedgerRow[],
  config: Config,
): Status['destinations'][number] {
  const { name } = walk.destination;
  const link = walk.shipper.status();
  const underway = [...walk.settled, ...link.underway, ...walk.held].filter((sent) => sent.row === undefined);
  const inputs = walk.inputs.map((input, i): InputStatus => {
    const row = ledger.find((one) => one.destination === name && one.input === input.name) ?? UNTOUCHED;
    const onTheWay = sum(underway.filter(({ batch }) => batch.input === input.name));
    return {
      name: input.name,
      paths: config.inputs[i]?.paths ?? [],
      // The books know what was settled; what is under way has been read too.
      ledger: { ...row, read: add(row.read, onTheWay), underway: onTheWay },
      files: input.tail.status().map((file) => fileLine(file, name, store)),
    };
  });
  const { state, target, level, since, nextTry, problem } = link;
  return {
    name,
    state: walk.fault ? 'halted' : stateOf(walk, store),
    link: { state, target, level, since, nextTry, problem },
    underway: sum(underway),
    spool: store.spooled(name),
    inputs,
  };
}

function fileLine(status: FileStatus, destination: string, store: Store): FileLine {
  const { path, gen, state, size, offset, reason, file } = status;
  const settled = file === undefined ? 0 : (store.checkpoint(destination, file)?.offset ?? 0);
  return { path, gen: gen ?? '-', state, size, read: offset, settled, note: reason };
}

/** All source lines of some batches, whatever became of them. */
function sum(all: readonly Sent[]): Count {
  return all.reduce(
    (total, { batch: { tally } }) => [tally.sent, tally.filtered, tally.dropped].reduce(add, total),
    NONE,
  );
}

function add(a: Count, b: Count): Count {
  return { lines: a.lines + b.lines, bytes: a.bytes + b.bytes };
}
