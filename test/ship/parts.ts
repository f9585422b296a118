/** What the tests of ship are made of: a clock with hands to turn, batches, and a kernel that does as it is told. */
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import type { Sockets, TcpSocket } from '../../agent/ship/sockets.ts';
import type { SessionEnd, SessionEvents } from '../../agent/ship/transport.ts';
import type { Batch, Clock, LinkConfig, Log, Sent, Target } from '../../agent/types.ts';
import { toldLog } from '../harness/log.ts';

export type TurnedClock = Clock & {
  /** Turns the hands on by `ms`; whatever falls due on the way runs at its time, and what it began gets its turns. */
  turn(ms: number): Promise<void>;
  /** The process sleeps: the hands jump, and only then whatever was due runs. */
  sleep(ms: number): Promise<void>;
};

export function createTurnedClock(): TurnedClock {
  let now = 1_000;
  const timers = new Set<{ at: number; run: () => void }>();
  async function fire(limit: number): Promise<void> {
    for (;;) {
      await breathe();
      const due = [...timers].filter((timer) => timer.at <= limit).sort((a, b) => a.at - b.at)[0];
      if (!due) return;
      timers.delete(due);
      now = Math.max(now, due.at);
      due.run();
    }
  }
  return {
    now: () => 1_700_000_000_000 + now,
    ticks: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async turn(ms) {
      const end = now + ms;
      await fire(end);
      now = end;
      await breathe();
    },
    async sleep(ms) {
      now += ms;
      for (const timer of [...timers].sort((a, b) => a.at - b.at)) {
        if (timer.at <= now && timers.delete(timer)) timer.run();
      }
      await fire(now);
    },
  };
}

/** Lets promises and the next turns of the event loop run. */
export async function breathe(): Promise<void> {
  for (let i = 0; i < 4; i += 1) await turnOfLoop();
}

export type KeptLog = Log & { readonly said: string[] };

export function createKeptLog(): KeptLog {
  const said: string[] = [];
  return { said, ...toldLog((level, sentence) => void said.push(`${level}: ${sentence}`)) };
}

const NOTHING = { lines: 0, bytes: 0 };

export function batchOf(messages: readonly string[]): Batch {
  const payload = Buffer.from(messages.map((message) => `${message}\n`).join(''));
  const ends = new Uint32Array(messages.length);
  let at = -1;
  for (const [i, message] of messages.entries()) ends[i] = at += Buffer.byteLength(message) + 1;
  const bytes = payload.length;
  const tally = { sent: { lines: messages.length, bytes }, filtered: NOTHING, dropped: NOTHING };
  return { input: 'app', payload, ends, marks: [], tally };
}

export function sentOf(messages: readonly string[], row?: number): Sent {
  return { batch: batchOf(messages), row, again: false };
}

export function messagesOf(sent: readonly Sent[]): string[] {
  return sent.flatMap(({ batch }) => batch.payload.toString().split('\n').slice(0, -1));
}

export function targetOf(scheme: Target['scheme'], port: number, host = '127.0.0.1'): Target {
  return { url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`, scheme, host, port };
}

export function linkOf(target: Target, changes: Partial<LinkConfig> = {}): LinkConfig {
  const usual = {
    framing: 'newline',
    linger: 2_000,
    window: 16 * 2 ** 20,
    timeout: 30_000,
    balance: 'failover',
  } as const;
  const tls = { ca: undefined, cert: undefined, key: undefined, verify: true };
  const unpaced = { rate: undefined, drainRate: undefined };
  return { targets: [target], ...usual, ...unpaced, tls, ...changes };
}

/** Sockets that fail in every way; a test replaces what it needs. */
export const noSockets: Sockets = {
  connectTcp: () => fail('connectTcp'),
  createUdp: () => fail('createUdp'),
  lookup: async (host) => [{ address: host, family: host.includes(':') ? 6 : 4 }],
  readTcpTable: async () => fail('readTcpTable'),
  readSendBuffers: async () => fail('readSendBuffers'),
};

function fail(what: string): never {
  throw new Error(`${what} is not at hand`);
}

/** Events of a session, kept. */
export type KeptEvents = SessionEvents & {
  settledBatches: number;
  refusals: string[];
  end: SessionEnd | undefined;
  full: number;
};

export function createKeptEvents(): KeptEvents {
  const kept: KeptEvents = {
    settledBatches: 0,
    refusals: [],
    end: undefined,
    full: 0,
    settled(batches, refused = []) {
      kept.settledBatches += batches;
      kept.refusals.push(...refused.map(({ reason }) => reason));
    },
    closed(end) {
      kept.end = end;
    },
    excess: () => kept.full,
  };
  return kept;
}

/** One TCP connection, played by the test: what the kernel takes, what the peer acknowledges, what it says. */
export type PlayedTcp = {
  readonly socket: TcpSocket;
  readonly readTcpTable: () => Promise<string>;
  /** Bytes that the kernel has taken. */
  readonly taken: number;
  /** How often the table was read, and how many reads were ever under way at a time. */
  readonly looks: number;
  readonly looksAtOnce: number;
  /** The most that the kernel holds unacknowledged; what is beyond waits in the process. */
  sendBuffer: number;
  /** The peer acknowledges all at once, or only as far as it is told. */
  acknowledged: number | 'all';
  /** What the table shows. */
  row: 'shown' | 'missing' | 'unreadable';
  /** Happens between the moment that the table shows and the moment when it has been read. */
  duringLook: () => void;
  destroyed: boolean;
  halfClosed: boolean;
  say(event: 'connect' | 'end' | 'close'): void;
  fail(code: string): void;
};

export function createPlayedTcp(): PlayedTcp {
  const listeners = new Map<string, (() => void)[]>();
  const failures: ((error: Error) => void)[] = [];
  const waiting: { bytes: number; done: () => void }[] = [];
  let written = 0;
  let taken = 0;
  let looks = 0;
  let open = 0;
  let looksAtOnce = 0;

  const acknowledged = () => (played.acknowledged === 'all' ? taken : Math.min(taken, played.acknowledged));

  function take(): void {
    for (let next = waiting[0]; next && taken + next.bytes - acknowledged() <= played.sendBuffer; next = waiting[0]) {
      waiting.shift();
      taken += next.bytes;
      setImmediate(next.done);
    }
  }

  const played: PlayedTcp = {
    sendBuffer: Number.POSITIVE_INFINITY,
    acknowledged: 'all',
    row: 'shown',
    duringLook() {},
    destroyed: false,
    halfClosed: false,
    get taken() {
      return taken;
    },
    get looks() {
      return looks;
    },
    get looksAtOnce() {
      return looksAtOnce;
    },
    socket: {
      ...{ localAddress: '127.0.0.1', localPort: 40_000, remoteAddress: '127.0.0.2', remotePort: 514 },
      get writableLength() {
        return written - taken;
      },
      get writableFinished() {
        return played.halfClosed && taken === written;
      },
      write(bytes: Uint8Array, done: () => void) {
        written += bytes.length;
        waiting.push({ bytes: bytes.length, done });
        take();
      },
      end() {
        played.halfClosed = true;
      },
      destroy() {
        played.destroyed = true;
      },
      resume() {},
      on(event: string, run: (given: never) => void) {
        if (event === 'error') failures.push(run as (error: Error) => void);
        else listeners.set(event, [...(listeners.get(event) ?? []), run as () => void]);
      },
    },
    async readTcpTable() {
      looks += 1;
      open += 1;
      looksAtOnce = Math.max(looksAtOnce, open);
      const queue = (taken - acknowledged()).toString(16).toUpperCase().padStart(8, '0');
      await turnOfLoop();
      played.duringLook();
      await turnOfLoop();
      await turnOfLoop();
      open -= 1;
      take();
      if (played.row === 'unreadable') throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
      if (played.row === 'missing') return head;
      return `${head}   0: 0100007F:9C40 0200007F:0202 01 ${queue}:00000000 01:00000014 00000000     0        0 1 1\n`;
    },
    say(event) {
      for (const run of listeners.get(event) ?? []) run();
    },
    fail(code) {
      for (const run of failures) run(Object.assign(new Error(code), { code }));
    },
  };
  return played;
}
