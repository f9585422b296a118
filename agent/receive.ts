/**
 * The composition of `tailship receive`: servers, joining of parts, verification and output, bound together for one run.
 *
 *   servers ───message──▶ intake ──whole message──▶ verifier
 *                           │  parts ▲ joined        └──▶ output
 *                           └─▶ joiner ┘
 */
import { realClock } from './ops/clock.ts';
import { ListenProblem } from './receive/address.ts';
import { createIntake, type Intake } from './receive/intake.ts';
import type { ListenTls } from './receive/listener.ts';
import type { Sink } from './receive/output.ts';
import type { IncompleteRecord } from './receive/parts.ts';
import { createCollector } from './receive/server.ts';
import { OutputProblem, openTarget } from './receive/target.ts';
import { verdict } from './receive/verdict.ts';
import { createVerifier, type Verifier } from './receive/verify.ts';
import { formatSize } from './wire/units.ts';

/** Largest message that is taken whole, in bytes. */
const LARGEST_MESSAGE = 16 * 1024 * 1024;
/** What may wait for its other parts. */
const JOINER_LIMITS = { records: 10_000, bytes: 256 * 1024 * 1024, age: 30_000 } as const;
/** So many incomplete records are named one by one; of the others only the number is said. */
const NAMED_INCOMPLETE = 10;

export type ReceiveOptions = {
  /** URLs to listen on: `udp://127.0.0.1:0`, `tcp://[::1]:5514`, `relp://127.0.0.1:2514`. */
  readonly listen: readonly string[];
  /**
   * File to which messages are appended, or `sqlite:FILE`, a database; `-` is standard output. Undefined: standard output, unless
   * `verify` is on.
   */
  readonly out: string | undefined;
  /** Write fields as JSON objects instead of the messages, and the report of `verify` as one too. */
  readonly json: boolean;
  /** Check that nothing is missing, and report at the end. */
  readonly verify: boolean;
  /** With `verify`: do not demand what came before the first byte seen of a file. */
  readonly fromFirst: boolean;
  /** Stop when something has come and then nothing for so long, in ms; undefined: run until `stop`. */
  readonly idle: number | undefined;
  /** Files for the tls:// URLs of `listen`. */
  readonly tls?: ListenTls;
};

export type ReceiveIo = {
  /** Data. Bytes go in blocks, and `done` must be called for each. */
  readonly stdout: Sink;
  /** Talk. */
  readonly stderr: { write(text: string): unknown };
  /** Aborted to stop: what is under way is taken, then the report is made. */
  readonly stop: AbortSignal;
  /** Hears the addresses that are bound, with their real ports. */
  readonly bound?: (urls: readonly string[]) => void;
};

/**
 * Receives until `stop`, or until nothing has come for `idle`. Gives the exit code: 0 fine; 1 an address cannot be bound, the
 * output failed, or `verify` found something missing or nothing to verify; 2 an address or the output is written wrongly.
 */
export async function runReceive(options: ReceiveOptions, io: ReceiveIo): Promise<number> {
  const say = (sentence: string) => void io.stderr.write(`${sentence}\n`);
  try {
    return await receive(options, io, say);
  } catch (problem) {
    if (!(problem instanceof ListenProblem || problem instanceof OutputProblem)) throw problem;
    say(problem.message);
    return problem.usage ? 2 : 1;
  }
}

async function receive(options: ReceiveOptions, io: ReceiveIo, say: (sentence: string) => void): Promise<number> {
  const failure = new AbortController();
  const verifier = options.verify ? createVerifier({ fromFirst: options.fromFirst }) : undefined;
  const out = options.out === '-' ? undefined : options.out;
  /** Standard output belongs to the messages or to the report, whichever is the data. */
  const toStdout = out === undefined && (options.out === '-' || !options.verify);
  const output = openTarget(out, {
    ...{ stdout: io.stdout, json: options.json, clock: realClock },
    blocked: (yes) => collector.pause(yes),
    failed(sentence) {
      say(sentence);
      failure.abort();
    },
  });
  const incomplete = incompleteTeller(say);
  const write = out !== undefined || toStdout ? output.add : undefined;
  const intake = createIntake({ clock: realClock, limits: JOINER_LIMITS, write, verifier, incomplete });
  const collector = createCollector({
    ...{ listen: options.listen, taker: intake, written: output.written },
    ...{ clock: realClock, limit: LARGEST_MESSAGE, say, tls: options.tls },
  });
  // The clock's timers keep no process alive, and once the last connection has closed nothing else does.
  const alive = setInterval(() => {}, 60_000);
  try {
    await collector.start();
    say(`Listening on ${collector.bound().join(' and ')}.`);
    io.bound?.(collector.bound());
    await ended(intake, options.idle, AbortSignal.any([io.stop, failure.signal]));
    await collector.close();
    intake.close();
    const written = await output.written();
    say(summary(intake));
    const good =
      verifier === undefined || (await report(verifier, options.json, toStdout ? undefined : io.stdout, say));
    return good && written ? 0 : 1;
  } finally {
    clearInterval(alive);
    await output.close();
  }
}

/** Resolves on `stop`, or when something has come and then nothing for `idle`. */
function ended(intake: Intake, idle: number | undefined, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let cancel: (() => void) | undefined;
    function end(): void {
      cancel?.();
      stop.removeEventListener('abort', end);
      resolve();
    }
    function look(wait: number): void {
      cancel = realClock.after(wait, () => {
        const last = intake.lastArrival();
        const left = last === undefined ? wait : last + idle! - realClock.ticks();
        if (left <= 0) end();
        else look(left);
      });
    }
    if (stop.aborted) return resolve();
    stop.addEventListener('abort', end);
    if (idle !== undefined) look(idle);
  });
}

/** Says what each incomplete record lacks, up to a number of them. */
function incompleteTeller(say: (sentence: string) => void): (record: IncompleteRecord) => void {
  let told = 0;
  return ({ rec, of, parts, why }) => {
    told += 1;
    if (told > NAMED_INCOMPLETE) return;
    say(
      `Record ${rec} is incomplete: ${parts.length} of its ${of} parts came, and ${why}. They are written as they came.`,
    );
    if (told === NAMED_INCOMPLETE) say('Further incomplete records are only counted.');
  };
}

function summary(intake: Intake): string {
  const { messages, bytes, joined, incomplete, cut, brokenOff, repeatedParts } = intake.status();
  const notes = [
    [joined, 'joined from parts'],
    [incomplete, 'incomplete'],
    [repeatedParts, 'parts that came twice'],
    [cut, `cut at ${formatSize(LARGEST_MESSAGE)}`],
    [brokenOff, 'broken off with their connection and not written'],
  ] as const;
  const said = notes.filter(([count]) => count > 0).map(([count, what]) => `; ${count} ${what}`);
  return `Received ${messages} messages, ${formatSize(bytes)}${said.join('')}.`;
}

/** Writes the report to `stdout` where that is free for it, else says it. Gives true when nothing is missing. */
async function report(
  verifier: Verifier,
  json: boolean,
  stdout: Sink | undefined,
  say: (sentence: string) => void,
): Promise<boolean> {
  const found = verifier.report();
  const text = json && stdout ? JSON.stringify(found) : verdict(found).join('\n');
  if (stdout) await new Promise<void>((resolve) => void stdout.write(Buffer.from(`${text}\n`), () => resolve()));
  else say(text);
  return found.complete;
}
