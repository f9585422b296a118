/**
 * What the agent itself has to tell a server, in-band: bytes that were lost, and marks. Such a record becomes a row of the spool in
 * the transaction that makes it true, and goes its way from there: so it is told at least once, and never before the records that
 * it speaks of.
 */
import type { OwnRecord } from './shape/own.ts';
import { type Store, StoreProblem } from './store/store.ts';
import type { Clock, Loss } from './types.ts';
import { type House, spool, type Walk } from './walk.ts';
import { lossParams, markParam, type NoticeParam } from './wire/notice.ts';

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
    msg: `${to - from} bytes of ${path} are lost: bytes ${from} to ${to} were ${cause} before they were read`,
    params: lossParams({ gen, from, bytes: to - from, why: cause }),
  };
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
