/**
 * What the agent itself has to tell a server, in-band: bytes that were lost or dropped, and marks. Such a record becomes a row of
 * the spool in the transaction that makes it true, and goes its way from there: so it is told at least once, and never before the
 * records that it speaks of.
 */
import type { OwnRecord } from './shape/own.ts';
import { type Store, StoreProblem } from './store/store.ts';
import type { DroppedRange } from './store/untold.ts';
import type { Clock, Loss } from './types.ts';
import { type House, spool, type Walk } from './walk.ts';
import { dropParams, lossParams, markParam, type NoticeParam } from './wire/notice.ts';

/** Counts bytes that are lost, and tells every destination that wants to hear of it. Throws StoreProblem as the store does. */
export function tellLoss(loss: Loss, { clock, store }: { clock: Clock; store: Store }, walks: readonly Walk[]): void {
  const record = lossRecord(loss, store);
  const told = walks.filter(({ destination }) => destination.record.reportLoss);
  const tell = (walk: Walk) => spool(walk, store, [asSent(walk, [record], clock.now())]);
  try {
    store.transaction(() => {
      store.lost(loss);
      for (const walk of told) tell(walk);
    });
  } catch (problem) {
    // The disk takes no row now: then the record waits in memory, with what else waits there.
    if (!(problem instanceof StoreProblem)) throw problem;
    store.lost(loss);
  }
}

function lossRecord({ input, file, path, from, to, cause }: Loss, store: Store): OwnRecord {
  const gen = store.generations(input).find((one) => one.file === file)?.gen;
  return {
    severity: 'warning',
    msg: lossWords(path, from, to, cause),
    params: lossParams({ gen, from, bytes: to - from, why: cause }),
  };
}

function lossWords(path: string, from: number, to: number, cause: string): string {
  return `${to - from} bytes of ${path} are lost: bytes ${from} to ${to} were ${cause} before they were read`;
}

/** In words, by the ledger's cause. */
const DROPPED: Readonly<Record<string, string>> = {
  'spool-full': 'the spool was full',
  'spool-age': 'they were older than max_age',
  'by-hand': 'by hand',
  refused: 'the server refused them, and the spool had no room to keep them',
};

/** Tells the server, once it is there, which bytes were dropped before they were sent. */
export function tellDropped(walk: Walk, { parts: { clock }, store }: House): boolean {
  const { name, record } = walk.destination;
  if (walk.shipper.link() !== 'up' || walk.held.length > 0) return false;
  return store.tellDropped(name, (ranges) => {
    if (!record.reportLoss) return undefined;
    const paths = new Map(
      walk.inputs.flatMap((input) => store.generations(input.name)).map((one) => [one.gen, one.chain]),
    );
    return walk.own.batch(
      ranges.map((range) => droppedRecord(range, paths.get(range.gen))),
      clock.now(),
    );
  });
}

function droppedRecord({ gen, cause, start, stop }: DroppedRange, path = `the file ${gen}`): OwnRecord {
  const range = { gen, from: start, bytes: stop - start };
  const told = cause.startsWith('lost:') ? cause.slice('lost:'.length) : undefined;
  if (told !== undefined) {
    const lost = { ...range, gen: gen === '' ? undefined : gen, why: told };
    return { severity: 'warning', msg: lossWords(path, start, stop, told), params: lossParams(lost) };
  }
  const why = DROPPED[cause] ?? cause;
  const msg = `${range.bytes} bytes of ${path} were dropped before they were sent: bytes ${start} to ${stop}, ${why}`;
  return { severity: 'warning', msg, params: dropParams({ ...range, why: cause }) };
}

/** Tells the server how far each generation that is still read is dealt with, when it is time to: `[syslog] mark`. */
export function markWhenDue(walk: Walk, { parts: { clock }, store }: House): boolean {
  const { mark } = walk.destination.record;
  if (mark === undefined || clock.ticks() < walk.nextMark || walk.held.length > 0) return false;
  walk.nextMark = clock.ticks() + mark;
  spool(walk, store, [asSent(walk, markRecords(walk, store, clock.now()), clock.now())]);
  return true;
}

/** As many records as it takes to name all generations within `chunk`. */
function markRecords(walk: Walk, store: Store, now: number): OwnRecord[] {
  const marks = walk.inputs.flatMap(({ tail }) =>
    tail.status().flatMap(({ file, gen }) => {
      const checkpoint = file === undefined ? undefined : store.checkpoint(walk.destination.name, file);
      if (!checkpoint || gen === undefined) return [];
      return [markParam({ gen, offset: checkpoint.offset, skip: checkpoint.skip })];
    }),
  );
  const record = (params: OwnRecord['params']): OwnRecord => ({ severity: 'info', msg: '-- MARK --', params });
  const records: OwnRecord[] = [];
  let params: NoticeParam[] = [];
  for (const mark of marks) {
    if (params.length > 0 && !walk.own.fits(record([...params, mark]), now)) {
      records.push(record(params));
      params = [];
    }
    params.push(mark);
  }
  return [...records, record(params)];
}

function asSent(walk: Walk, records: readonly OwnRecord[], now: number) {
  return { batch: walk.own.batch(records, now), row: undefined, again: false };
}
