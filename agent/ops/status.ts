/**
 * The one truth about a running agent. The terminal, `--json`, the page and Prometheus all show this and nothing else.
 * It is a plain snapshot: whoever holds one can print it, send it as JSON, or check its sums.
 */
import type { AckLevel, Count } from '../types.ts';
import type { Code } from '../wire/codes.ts';

/** What became of the lines of one input on their way to one destination: the ledger, in lines and in bytes. */
export type Ledger = {
  readonly read: Count;
  readonly acked: Count;
  readonly filtered: Count;
  /** By cause: `unmatched`, `spool-full`, `spool-age` … */
  readonly dropped: Readonly<Record<string, Count>>;
  /** Sent a second time. Beside the sum, not in it. */
  readonly repeated: Count;
  /** Gauges: what waits in the spool, and what is sent or about to be sent and not yet settled. */
  readonly spool: Count;
  readonly underway: Count;
};

/** One generation as one destination's walk sees it. Offsets and sizes in bytes of the (decompressed) generation. */
export type FileLine = {
  readonly path: string;
  /** The live path of its rotation chain. */
  readonly chain: string;
  readonly gen: string;
  /** In a word: live, rotated, deleted … */
  readonly state: string;
  /** Undefined where it cannot be known: an archive not yet unpacked, a file that is not found any more. */
  readonly size: number | undefined;
  /** How far it has been handed on, and up to where that is settled. */
  readonly read: number;
  readonly settled: number;
  /** Bytes that wait to be settled. A half line at the end does not wait: it is not a line yet. */
  readonly behind: number;
  /** When the file was written to last, while something of it is unread. */
  readonly modified: number | undefined;
  /** Since when the oldest line that is not settled has stood there, as far as is known; ms since the epoch. */
  readonly oldest: number | undefined;
  /** How fast it is settled, bytes a second; undefined where no agent runs. */
  readonly rate: number | undefined;
  /** How it was recognised, or what is wrong with it, in words. */
  readonly note: string | undefined;
};

/** What is known of an input whether or not an agent runs. */
export type InputBooks = {
  readonly name: string;
  readonly paths: readonly string[];
  readonly ledger: Ledger;
  readonly files: readonly FileLine[];
};

/** Lines and bytes a second, over the last seconds. */
type Rate = Count;

export type InputStatus = InputBooks & {
  /** What was read lately. */
  readonly rate: Rate;
  /** The sum over its files. */
  readonly behind: number;
  /** Since when the oldest line that is not settled has stood in a file, as far as is known; ms since the epoch. */
  readonly oldest: number | undefined;
  /** What shape had to say about its lines since the start. */
  readonly shaped: Shaped;
};

/** Counts of lines and records since the start. */
type Shaped = {
  readonly unmatched: number;
  readonly invalidUtf8: number;
  readonly unreadableTimes: number;
  readonly cut: number;
  /** Lines on which the pattern took too long, whether it was set aside for that, and the time spent on shaping. */
  readonly overruns: number;
  readonly setAside: boolean;
  readonly ms: number;
};

/** What the link to a server does now. Times in ms since the epoch. */
export type ServerLine = {
  readonly state: 'connecting' | 'up' | 'down';
  /** The server in use, or the one that is tried. */
  readonly target: string;
  readonly level: AckLevel;
  readonly since: number | undefined;
  readonly nextTry: number | undefined;
  /** The last thing that went wrong, in words. */
  readonly problem: string | undefined;
};

/** The links of one destination as one: up while any server is. */
type LinkLine = ServerLine & {
  /** Each server, where they share the work (`balance = round-robin`); else empty. */
  readonly servers: readonly ServerLine[];
};

export type DestinationStatus = {
  readonly name: string;
  readonly state: 'live' | 'spooling' | 'draining' | 'connecting' | 'halted';
  readonly link: LinkLine;
  /** Why the disk of the spool takes nothing now, in a sentence. */
  readonly disk: string | undefined;
  /** True while the spool has no room, so that the files wait. */
  readonly full: boolean;
  /** What was acknowledged lately. */
  readonly rate: Rate;
  /** The sum over all inputs, those among them that are no longer configured. */
  readonly ledger: Ledger;
  /** Records written to its servers since the start or a reload of it, and how many of them a second time. */
  readonly sent: number;
  readonly sentAgain: number;
  /** Records that the server will not have, since the start; and what of them, now and earlier, stands in the spool. */
  readonly refused: number;
  readonly setAside: Count & { readonly rows: number };
  readonly underway: Count;
  /** How long the spool takes to drain at the present rate, ms; undefined while it does not drain. */
  readonly drained: number | undefined;
  readonly spool: {
    readonly rows: number;
    readonly lines: number;
    readonly bytes: number;
    /** When the oldest row was written, ms since the epoch. */
    readonly oldest: number | undefined;
  };
  readonly inputs: readonly InputStatus[];
};

/** A destination that the state knows and the configuration has no more. Its rows stay until it is configured again. */
export type Orphan = Pick<DestinationStatus, 'name' | 'spool'>;

/**
 * Health is progress. unhealthy: data waits, and nothing was settled for `health_after`. degraded: it goes on, but something wants
 * to be looked at, such as a server that is away while the spool has room. Idle is healthy.
 */
export type Health = {
  readonly state: 'healthy' | 'degraded' | 'unhealthy';
  /** In words, one sentence each; none when healthy. */
  readonly reasons: readonly string[];
};

export type Status = {
  readonly agent: {
    readonly version: string;
    readonly pid: number;
    readonly started: number;
    /** When this snapshot was taken. */
    readonly now: number;
    /** The configuration file; undefined when the defaults alone are used. */
    readonly config: string | undefined;
    /** Bytes resident; undefined where the system does not say, as without /proc. And CPU time used, ms. */
    readonly memory: number | undefined;
    readonly cpu: number;
  };
  readonly health: Health;
  /** The state on disk, and the most that it may take; bytes. */
  readonly disk: { readonly used: number; readonly limit: number };
  readonly destinations: readonly DestinationStatus[];
  readonly orphaned: readonly Orphan[];
  /** Bytes known or suspected lost before they became lines. */
  readonly lost: readonly { readonly input: string; readonly cause: string; readonly bytes: number }[];
  /** The last warnings and errors of the agent's own log, newest last. */
  readonly errors: readonly Complaint[];
};

/** What stands in the state file while no agent can be asked. */
export type Stopped = {
  /** The state file, and whether there is one. */
  readonly state: string;
  readonly exists: boolean;
  readonly config: string | undefined;
  readonly now: number;
  /** The process that holds the state although it does not answer; undefined when none does. */
  readonly holder: { readonly pid: number; readonly started: number; readonly command: string } | undefined;
  readonly destinations: readonly {
    readonly name: string;
    readonly spool: DestinationStatus['spool'];
    readonly inputs: readonly InputBooks[];
  }[];
  readonly orphaned: readonly Orphan[];
  readonly lost: Status['lost'];
};

/** One sentence of the agent's own log. `times`: how often it was said. */
export type Complaint = {
  readonly at: number;
  readonly level: 'warn' | 'error';
  /** For `tailship explain`. */
  readonly code: Code;
  readonly sentence: string;
  readonly times: number;
};

/** The sum of several ledgers. */
export function sumOf(ledgers: readonly Ledger[]): Ledger {
  const add = (of: (ledger: Ledger) => Count | undefined): Count => {
    const counts = ledgers.map((ledger) => of(ledger) ?? { lines: 0, bytes: 0 });
    const sum = (unit: keyof Count) => counts.reduce((total, count) => total + count[unit], 0);
    return { lines: sum('lines'), bytes: sum('bytes') };
  };
  const causes = [...new Set(ledgers.flatMap(({ dropped }) => Object.keys(dropped)))];
  return {
    ...{ read: add(({ read }) => read), acked: add(({ acked }) => acked), filtered: add(({ filtered }) => filtered) },
    ...{ repeated: add(({ repeated }) => repeated), spool: add(({ spool }) => spool) },
    underway: add(({ underway }) => underway),
    dropped: Object.fromEntries(causes.map((cause) => [cause, add(({ dropped }) => dropped[cause])])),
  };
}

/**
 * Whether the ledger's sum closes, in lines and in bytes:
 * read = acked + spool + underway + filtered + dropped, over all causes. Repeats stand beside it.
 */
export function ledgerHolds(ledger: Ledger): boolean {
  const parts = [ledger.acked, ledger.spool, ledger.underway, ledger.filtered, ...Object.values(ledger.dropped)];
  const sum = (unit: keyof Count) => parts.reduce((total, part) => total + part[unit], 0);
  return ledger.read.lines === sum('lines') && ledger.read.bytes === sum('bytes');
}
