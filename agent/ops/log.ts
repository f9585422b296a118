/**
 * The agent's own log: JSON lines for machines, with their priority where journald takes them, one readable line each on a
 * terminal. A sentence that repeats itself is said once and then summed up every minute, so that an outage does not bury its own
 * cause; the answer to an order is said each time, since somebody waits for it.
 */
import { pino } from 'pino';
import type { Clock, Log, LogConfig } from '../types.ts';
import type { Code } from '../wire/codes.ts';
import { type Fields, presentable, toJournalLine, toTerminalLine, withoutCredentials } from './logline.ts';
import type { Complaint } from './status.ts';

type Level = LogConfig['level'];

/** Where the log goes. A write must be complete when it returns, so that nothing is lost at the end of the process. */
export type LogSink = {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Whether journald takes it, and so the priority of each line. */
  readonly journal?: boolean | undefined;
};

export type AgentLog = Log & {
  /** What is less urgent is not written from now on. */
  setLevel(level: Level): void;
  /** The last warnings and errors, the newest last, for `status`. */
  complaints(): readonly Complaint[];
  /** Says what is still to be summed up. To be called before the process ends. */
  flush(): void;
};

/** For how long a repeated sentence is only counted, ms. */
const QUIET = 60_000;
/** So often in that time it is said all the same where something else was said in between: the last word must be the truth. */
const SAID_AGAIN = 3;
/** So many different sentences are remembered; beyond that the oldest is summed up early. */
const REMEMBERED = 256;
/** So many warnings and errors are kept for `status`. */
const COMPLAINTS = 10;

/** Makes the log. What is less urgent than `level` is not written. */
export function createLog(parts: { level: Level; sink: LogSink; clock: Clock }): AgentLog {
  const { clock } = parts;
  const logger = createPino(parts);
  const write = ({ level, sentence, fields }: Said) => logger[level](fields, sentence);
  const once = createRepeats(clock, write);
  const complaints = createComplaints();

  function say(how: 'once' | 'always', level: Level, code: Code | undefined, given: string, fields: Fields = {}): void {
    const written = logger.isLevelEnabled(level);
    if (!written && code === undefined) return;
    const sentence = withoutCredentials(given);
    const shown = { ...(code && { code }), ...presentable(fields) };
    const key = identityOf(level, sentence, shown);
    // Kept for `status` even where the log's level leaves it out.
    if (code !== undefined && (level === 'warn' || level === 'error'))
      complaints.add(key, { at: clock.now(), level, code, sentence, times: 1 });
    if (!written) return;
    const said = { level, sentence, fields: shown };
    if (how === 'once') once.say(key, said);
    else write(said);
  }

  const voice = (how: 'once' | 'always'): Log['answer'] => ({
    info: (sentence, fields) => say(how, 'info', undefined, sentence, fields),
    warn: (code, sentence, fields) => say(how, 'warn', code, sentence, fields),
    error: (code, sentence, fields) => say(how, 'error', code, sentence, fields),
  });

  return {
    ...voice('once'),
    debug: (sentence, fields) => say('always', 'debug', undefined, sentence, fields),
    answer: voice('always'),
    setLevel(next) {
      logger.level = next;
    },
    complaints: complaints.all,
    flush: once.flush,
  };
}

/** pino on a sink, with the time of our clock. A terminal gets its lines made readable. */
function createPino(parts: { level: Level; sink: LogSink; clock: Clock }) {
  const { level, sink, clock } = parts;
  const options = {
    level,
    base: null,
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
  };
  return pino(options, { write: (line: string) => sink.write(dressed(line, sink)) });
}

function dressed(line: string, { isTTY, journal }: LogSink): string {
  if (isTTY) return toTerminalLine(line);
  return journal ? toJournalLine(line) : line;
}

/** The same thing said again: the same words about the same names. Numbers may differ, they count something. */
function identityOf(level: Level, sentence: string, fields: Fields): string {
  const names = Object.entries(fields).filter(([, value]) => typeof value === 'string');
  return JSON.stringify([level, sentence, names]);
}

type Said = { readonly level: Level; readonly sentence: string; readonly fields: Fields };
type Repeat = Said & { said: number; more: number; readonly cancel: () => void };

/** Passes a sentence on the first time, and counts it while it goes on being said. */
function createRepeats(clock: Clock, write: (said: Said) => void) {
  const repeats = new Map<string, Repeat>();
  let last: string | undefined;

  function forget(key: string, repeat: Repeat, span: string): void {
    repeats.delete(key);
    repeat.cancel();
    if (repeat.more > 0) write({ ...repeat, sentence: `… ${repeat.more} more ${span}: ${repeat.sentence}` });
  }

  function remember(key: string, said: Said): void {
    const oldest = repeats.size >= REMEMBERED ? repeats.entries().next().value : undefined;
    if (oldest) forget(...oldest, 'since then');
    const cancel = clock.after(QUIET, () => {
      const repeat = repeats.get(key)!;
      forget(key, repeat, 'in the last minute');
      if (repeat.more > 0) remember(key, said); // It goes on: stay quiet for another minute.
    });
    repeats.set(key, { ...said, said: 1, more: 0, cancel });
  }

  return {
    say(key: string, said: Said): void {
      const repeat = repeats.get(key);
      if (repeat && (last === key || repeat.said >= SAID_AGAIN)) {
        repeat.more++;
        return;
      }
      last = key;
      write(said);
      if (repeat) repeat.said++;
      else remember(key, said);
    },
    flush(): void {
      for (const [key, repeat] of [...repeats]) forget(key, repeat, 'since then');
    },
  };
}

/** The last few different warnings and errors, in the order in which they were last said. */
function createComplaints() {
  const kept = new Map<string, Complaint>();
  return {
    add(key: string, complaint: Complaint): void {
      const before = kept.get(key)?.times ?? 0;
      kept.delete(key);
      kept.set(key, { ...complaint, times: before + 1 });
      if (kept.size > COMPLAINTS) kept.delete(kept.keys().next().value!);
    },
    all: (): readonly Complaint[] => [...kept.values()],
  };
}
