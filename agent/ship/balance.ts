/**
 * `balance = round-robin`: one shipper a server, and batches dealt in turn to those that are up and have room. What a server that
 * breaks leaves unsettled is dealt to the others, and only when none is left does it go back to the owner, and so to the spool.
 *
 * A checkpoint tells how far a file has been dealt with, so batches of an input settle in the order of sending, whichever server
 * answers first: one that is acknowledged out of turn waits for those before it. Rows of the spool have no checkpoint to move,
 * and settle at once. Each server has an equal part of the window; what waits for its turn counts too, so the whole window
 * bounds what may come twice.
 */
import type { AckLevel, LinkConfig, Sent } from '../types.ts';
import { createBuckets } from './bucket.ts';
import { createShipper } from './shipper.ts';
import type { LinkState, Shipper, ShipperParts, SingleShipper } from './shipper-types.ts';
import { costOf } from './transport.ts';
import { isEmpty, spareOf } from './window.ts';

/** A batch in our hands. `seq`: its place in the order of sending. `done`: acknowledged, or there is nothing to acknowledge. */
type Entry = { readonly seq: number; sent: Sent; readonly cost: number; done: boolean };

/** One server, and what it was given and has not settled, in order. */
type Lane = { readonly shipper: SingleShipper; readonly given: Entry[] };

const LEVELS: readonly AckLevel[] = ['handed', 'flushed', 'confirmed'];

/** What brings a destination's batches to its servers: one link, or with `round-robin` one a server. */
export function createShipping(parts: ShipperParts): Shipper {
  const { balance, targets } = parts.link;
  return balance === 'round-robin' && targets.length > 1 ? createBalance(parts) : createShipper(parts);
}

function createBalance(parts: ShipperParts): Shipper {
  const { link, clock, events } = parts;
  const buckets = createBuckets(link, clock);
  const lanes: readonly Lane[] = link.targets.map((target) => createLane(target));
  /** Not settled: by input in the order of sending, and rows of the spool. */
  const live = new Map<string, Entry[]>();
  const rows = new Set<Entry>();
  /** Of both, what no server has at the moment, in order. */
  let pending: Entry[] = [];
  let used = 0;
  let seq = 0;
  let turn = 0;
  let state: LinkState = 'connecting';
  let since = clock.now();
  let stopping = false;
  /** Settled in turn, and not yet told. */
  let news: Sent[] = [];

  function createLane(target: LinkConfig['targets'][number]): Lane {
    const window = Math.ceil(link.window / link.targets.length);
    const shipper: SingleShipper = createShipper({
      ...parts,
      ...{ link: { ...link, targets: [target], window }, buckets, excess, shared: true },
      events: {
        changed: () => changed(),
        settled: (sent) => settled(lane, sent),
        down: (unsettled) => takeBack(lane, unsettled),
      },
    });
    const lane: Lane = { shipper, given: [] };
    return lane;
  }

  const room = () => link.window - used;
  /** The oldest must settle soon when the window is full, also where the part of the server that has it is not. */
  function excess(): number {
    return used < link.window ? 0 : -room() + spareOf(link.window);
  }

  function settled(lane: Lane, all: readonly Sent[]): void {
    for (const [i, entry] of lane.given.splice(0, all.length).entries()) {
      entry.sent = all[i]!;
      acknowledge(entry);
    }
    flush();
    if (!stopping) deal();
  }

  function queueOf(input: string): Entry[] {
    const queue = live.get(input) ?? [];
    live.set(input, queue);
    return queue;
  }

  /** Takes out what is settled now, in turn. */
  function acknowledge(entry: Entry): void {
    entry.done = true;
    if (rows.delete(entry)) {
      tell(entry);
      return;
    }
    const queue = queueOf(entry.sent.batch.input);
    let count = 0;
    while (queue[count]?.done) count += 1;
    for (const one of queue.splice(0, count)) tell(one);
  }

  function tell({ sent, cost }: Entry): void {
    used -= cost;
    if (news.length === 0) queueMicrotask(flush);
    news.push(sent);
  }

  function flush(): void {
    if (news.length === 0) return;
    const sent = news;
    news = [];
    events.settled(sent);
  }

  /** What a server leaves is older than what waits behind it, and goes out again in its own place. */
  function takeBack(lane: Lane, unsettled: readonly Sent[]): void {
    const back = lane.given.splice(0);
    for (const [i, entry] of back.entries()) entry.sent = unsettled[i]!;
    pending = inOrder([...pending, ...back]);
  }

  function changed(): void {
    if (stopping) return;
    const up = lanes.some(isUp);
    for (const lane of lanes) {
      if (up && !isUp(lane) && lane.given.length > 0) takeBack(lane, lane.shipper.reclaim());
    }
    deal();
    const links = lanes.map(({ shipper }) => shipper.link());
    const next = up ? 'up' : links.includes('connecting') ? 'connecting' : 'down';
    if (next === 'down' && state !== 'down') {
      flush();
      events.down(handBack(), problem());
    }
    if (next !== state) since = clock.now();
    state = next;
    events.changed();
  }

  function deal(): void {
    for (let lane = nextLane(); lane && pending.length > 0; lane = nextLane()) {
      const entry = pending.shift()!;
      turn = (lanes.indexOf(lane) + 1) % lanes.length;
      lane.given.push(entry);
      lane.shipper.send(entry.sent);
    }
  }

  /** The next in turn that is up and not full: a slow server takes what it can, and the others need not wait for it. */
  function nextLane(): Lane | undefined {
    const inTurn = [...lanes.slice(turn), ...lanes.slice(0, turn)];
    return inTurn.find((lane) => isUp(lane) && lane.shipper.room() > 0);
  }

  function unsettled(): Entry[] {
    return inOrder([...[...live.values()].flat(), ...rows]);
  }

  /** Lets go of everything, in order. */
  function handBack(): Sent[] {
    const all = unsettled().map(({ sent, done }) => (done ? { ...sent, done } : sent));
    live.clear();
    rows.clear();
    pending = [];
    for (const { given } of lanes) given.length = 0;
    used = 0;
    return all;
  }

  function problem(): string {
    const problems = lanes.map(({ shipper }) => shipper.status());
    return problems.flatMap(({ target, problem: its }) => (its === undefined ? [] : `${target}: ${its}`)).join('; ');
  }

  const waiting = () => {
    const all = lanes.flatMap(({ shipper }) => shipper.waiting() ?? []);
    return all.find(({ row }) => row !== undefined) ?? all[0];
  };

  return {
    link: () => state,
    room() {
      if (pending.length > 0 || waiting()) return 0;
      return Math.min(room(), Math.max(0, ...lanes.filter(isUp).map(({ shipper }) => shipper.room())));
    },
    waiting,
    send(sent) {
      const entry: Entry = { seq: seq++, sent, cost: costOf(sent.batch), done: false };
      used += entry.cost;
      if (sent.row !== undefined) rows.add(entry);
      else queueOf(sent.batch.input).push(entry);
      if (isEmpty(sent)) return acknowledge(entry);
      pending.push(entry);
      deal();
    },
    start() {
      for (const { shipper } of lanes) shipper.start();
    },
    async stop(graceMs) {
      stopping = true;
      await Promise.all(lanes.map(async (lane) => takeBack(lane, await lane.shipper.stop(graceMs))));
      flush();
      return handBack();
    },
    status() {
      const servers = lanes.map(({ shipper }) => shipper.status());
      const tries = servers.flatMap(({ nextTry }) => nextTry ?? []);
      const sum = (of: 'sent' | 'repeated' | 'refused') => servers.reduce((n, { messages }) => n + messages[of], 0);
      return {
        ...{ state, since, target: link.targets.map(({ url }) => url).join(', '), address: undefined, servers },
        level: LEVELS.find((level) => servers.some((server) => server.level === level))!,
        nextTry: state === 'up' || tries.length === 0 ? undefined : Math.min(...tries),
        problem: problem() || undefined,
        messages: { sent: sum('sent'), repeated: sum('repeated'), refused: sum('refused') },
        underway: unsettled().map(({ sent }) => sent),
      };
    },
  };
}

function isUp({ shipper }: Lane): boolean {
  return shipper.link() === 'up';
}

function inOrder(entries: Entry[]): Entry[] {
  return entries.sort((a, b) => a.seq - b.seq);
}
