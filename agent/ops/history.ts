/** The last hour, for whoever looks: a point every five seconds, each the sum over what happened since the one before. */
import type { Status } from './status.ts';

/** Time between two points, ms, and how many are kept. */
const EVERY = 5_000;
const KEPT = 720;

/** One destination at one time. Rates in lines and bytes a second, `oldest` in ms. */
type Point = {
  /** ms since the epoch. */
  readonly at: number;
  readonly acked: number;
  readonly read: number;
  readonly bytes: number;
  readonly behind: number;
  readonly spool: number;
  readonly oldest: number;
};

export type History = {
  note(status: Status): void;
  /** By destination, oldest point first. */
  points(): Readonly<Record<string, readonly Point[]>>;
};

type Base = { readonly at: number; readonly acked: number; readonly read: number; readonly bytes: number };

export function createHistory(): History {
  const lists = new Map<string, Point[]>();
  const bases = new Map<string, Base>();

  function add(destination: Status['destinations'][number], now: number): void {
    const { name, inputs, spool } = destination;
    const sum = (of: (input: (typeof inputs)[number]) => number) => inputs.reduce((n, one) => n + of(one), 0);
    const next: Base = {
      at: now,
      acked: sum(({ ledger }) => ledger.acked.lines),
      read: sum(({ ledger }) => ledger.read.lines),
      bytes: sum(({ ledger }) => ledger.acked.bytes),
    };
    const base = bases.get(name);
    if (base && now >= base.at && now - base.at < EVERY) return;
    bases.set(name, next);
    if (!base || now <= base.at) return;
    const rate = (key: 'acked' | 'read' | 'bytes') => Math.max(0, ((next[key] - base[key]) * 1000) / (now - base.at));
    const list = lists.get(name) ?? [];
    lists.set(name, list);
    list.push({
      ...{ at: now, acked: rate('acked'), read: rate('read'), bytes: rate('bytes') },
      ...{ behind: sum(({ behind }) => behind), spool: spool.bytes, oldest: now - oldestOf(destination, now) },
    });
    if (list.length > KEPT) list.shift();
  }

  return {
    note(status) {
      for (const destination of status.destinations) add(destination, status.agent.now);
      const there = new Set(status.destinations.map(({ name }) => name));
      for (const name of [...lists.keys()].filter((one) => !there.has(one))) lists.delete(name);
    },
    points: () => Object.fromEntries(lists),
  };
}

/** When the oldest line that waits was written, in the files or in the spool; `now` where nothing waits. */
function oldestOf(destination: Status['destinations'][number], now: number): number {
  const times = [destination.spool.oldest, ...destination.inputs.map(({ oldest }) => oldest)];
  return Math.min(now, ...times.filter((time) => time !== undefined));
}
