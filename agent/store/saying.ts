/** Saying that lines were dropped. */
import type { Clock, Log, SpoolConfig } from '../types.ts';
import type { Code } from '../wire/codes.ts';
import { formatDuration, formatSize } from '../wire/units.ts';

/** Drops are said at once, and what is dropped afterwards in one sentence when this time is over, in ms. */
const SAY_EVERY = 60_000;

type Parts = {
  readonly config: Pick<SpoolConfig, 'path' | 'full' | 'maxAge'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Bytes that the state may take on disk. */
  readonly limit: number;
};

type Said = (lines: number, bytes: number) => void;

export type Sayings = {
  readonly dropped: Said;
  readonly expired: Said;
  readonly refused: Said;
  /** Says what was not said yet, where it is time; `end`: in any case. */
  rest(end?: boolean): void;
};

/** What is said when the spool is full, when its rows are too old, and when there is no room for what a server refused. */
export function createSayings(parts: Parts): Sayings {
  const { config, limit } = parts;
  const dropped = createSaying(parts, 'lines-dropped', (what) => {
    const cure = 'Bring the server back, raise [spool] max_size, or use full = block.';
    return `The spool ${config.path} is full (${formatSize(limit)}): ${what} by full = ${config.full}, and counted. ${cure}`;
  });
  const expired = createSaying(parts, 'lines-expired', (what) => {
    const age = formatDuration(config.maxAge ?? 0);
    return `${what} from the spool ${config.path} because they are older than max_age = ${age}, and counted. Bring the server back.`;
  });
  const refused = createSaying(parts, 'refused-dropped', (what) => {
    const cure = 'Make room, or raise [spool] max_size.';
    return `${what} that the server refuses, because the spool ${config.path} has no room to keep them, and counted. ${cure}`;
  });
  return {
    ...{ dropped: dropped.note, expired: expired.note, refused: refused.note },
    rest(end = false) {
      for (const one of [dropped, expired, refused]) one.rest(end);
    },
  };
}

/** Warns of dropped lines without flooding the log. `sentence` takes "N lines (SIZE) were dropped". */
function createSaying(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  code: Code,
  sentence: (dropped: string) => string,
): { note: Said; rest(end: boolean): void } {
  let rows = 0;
  let lines = 0;
  let bytes = 0;
  let quiet = -Infinity;
  function rest(end: boolean): void {
    if (rows === 0 || (!end && clock.ticks() < quiet)) return;
    log.warn(code, sentence(`${lines} lines (${formatSize(bytes)}) were dropped`));
    [rows, lines, bytes] = [0, 0, 0];
    quiet = clock.ticks() + SAY_EVERY;
  }
  return {
    note(moreLines, moreBytes) {
      rows += 1;
      lines += moreLines;
      bytes += moreBytes;
      rest(false);
    },
    rest,
  };
}
