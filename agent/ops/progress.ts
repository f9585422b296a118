/**
 * How far long work is: a bar on a terminal, a sentence now and then elsewhere, and nothing at all where the work is short. It shares
 * its place with the agent's own log, which is written above the bar.
 */
import type { Clock } from '../types.ts';
import { formatDuration, formatSize } from '../wire/units.ts';
import type { LogSink } from './log.ts';
import { createRates } from './rates.ts';

/** Work is long on a terminal after so long, ms; so often the bar is drawn anew. */
const SHOW_AFTER = 1_000;
const DRAW_EVERY = 250;
/** Elsewhere a sentence is said so often, ms, and for the first time after as long. */
const SAY_EVERY = 10_000;
const BAR = 24;

export type Progress = {
  /** Whatever else is written to the same place goes through here. */
  readonly sink: LogSink;
  /** `share` of the work that is done, 0 to 1, and the `bytes` that this was. */
  tell(share: number, bytes: number): void;
  /** Takes the bar away. True where anything was ever shown, so that an end is worth a word. */
  end(): boolean;
};

export type ProgressParts = {
  readonly out: LogSink & { readonly columns?: number | undefined };
  readonly clock: Clock;
  /** What is done, as the first word: `Shipping`. */
  readonly what: string;
  /** How a sentence is said where there is no terminal. */
  readonly say: (sentence: string) => void;
};

export function createProgress({ out, clock, what, say }: ProgressParts): Progress {
  const rates = createRates();
  const terminal = out.isTTY === true;
  let due: number | undefined;
  let noted = -Infinity;
  let bar = '';
  let told = 0;
  let shown = false;

  function text(share: number, bytes: number): string {
    // Shares are counted like lines: their rate says how long the rest takes.
    const rate = rates.of('');
    const seconds = Math.max(1, Math.round((1 - share) / rate.lines));
    const left = rate.lines > 0 ? `, about ${formatDuration(seconds * 1000)} left` : '';
    return `${Math.floor(share * 100)} %, ${formatSize(bytes)}, ${formatSize(Math.round(rate.bytes))}/s${left}`;
  }

  function draw(share: number, bytes: number): void {
    const full = Math.floor(share * BAR);
    const drawn = `${what} [${'#'.repeat(full)}${'-'.repeat(BAR - full)}] ${text(share, bytes)}`;
    const wide = (out.columns ?? 80) - 1;
    // A column a character: these are ASCII.
    bar = drawn.length <= wide ? drawn : `${drawn.slice(0, wide - 1)}…`;
    out.write(`\r${bar}\x1b[K`);
    shown = true;
  }

  return {
    sink: {
      write(written) {
        if (bar === '') return out.write(written);
        return out.write(`\r\x1b[K${written}${bar}`);
      },
      isTTY: out.isTTY,
      journal: out.journal,
    },
    tell(given, bytes) {
      const now = clock.ticks();
      const share = Math.min(1, Math.max(0, given));
      due ??= now + (terminal ? SHOW_AFTER : SAY_EVERY);
      if (now >= noted + DRAW_EVERY) {
        rates.note(now, new Map([['', { lines: share, bytes }]]));
        noted = now;
      }
      if (now < due) return;
      due = now + (terminal ? DRAW_EVERY : SAY_EVERY);
      if (terminal) draw(share, bytes);
      else if (bytes !== told) {
        shown = true;
        told = bytes;
        say(`${what}: ${text(share, bytes)}`);
      }
    },
    end() {
      if (bar !== '') out.write('\r\x1b[K');
      bar = '';
      return shown;
    },
  };
}
