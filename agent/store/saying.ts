/** Saying that lines were dropped. */
import type { Clock, Log, SpoolConfig } from '../types.ts';
import type { Code } from '../wire/codes.ts';
import { formatDuration, formatSize } from '../wire/units.ts';

/** Drops are said at once, and then at most once in this time, in ms. */
const SAY_EVERY = 60_000;

type Parts = {
  readonly config: Pick<SpoolConfig, 'path' | 'full' | 'maxAge'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Bytes that the state may take on disk. */
  readonly limit: number;
};

/** What is said when the spool is full, when its rows are too old, and when there is no room for what a server refused. */
export function createSayings(parts: Parts) {
  const { config, limit } = parts;
  return {
    dropped: createSaying(parts, 'lines-dropped', (dropped) => {
      const cure = 'Bring the server back, raise [spool] max_size, or use full = block.';
      return `The spool ${config.path} is full (${formatSize(limit)}): ${dropped} by full = ${config.full}, and counted. ${cure}`;
    }),
    expired: createSaying(parts, 'lines-expired', (dropped) => {
      const age = formatDuration(config.maxAge ?? 0);
      return `${dropped} from the spool ${config.path} because they are older than max_age = ${age}, and counted. Bring the server back.`;
    }),
    refused: createSaying(parts, 'refused-dropped', (dropped) => {
      const cure = 'Make room, or raise [spool] max_size.';
      return `${dropped} that the server refuses, because the spool ${config.path} has no room to keep them, and counted. ${cure}`;
    }),
  };
}

/** Warns of dropped lines without flooding the log. `sentence` takes "N lines (SIZE) were dropped". */
function createSaying(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  code: Code,
  sentence: (dropped: string) => string,
): (lines: number, bytes: number) => void {
  let lines = 0;
  let bytes = 0;
  let quiet = -Infinity;
  return (moreLines, moreBytes) => {
    lines += moreLines;
    bytes += moreBytes;
    if (clock.ticks() < quiet) return;
    log.warn(code, sentence(`${lines} lines (${formatSize(bytes)}) were dropped`));
    lines = 0;
    bytes = 0;
    quiet = clock.ticks() + SAY_EVERY;
  };
}
