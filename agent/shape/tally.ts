import type { Tally } from '../types.ts';

/** What became of the lines of a batch, while it is made. */
export type Tallying = {
  sent(lines: number, bytes: number): void;
  filtered(lines: number, bytes: number): void;
  dropped(lines: number, bytes: number): void;
  limited(lines: number, bytes: number): void;
  /** Gives the sums and begins anew. */
  take(): Tally;
};

export function createTally(): Tallying {
  let sentLines = 0;
  let sentBytes = 0;
  let filteredLines = 0;
  let filteredBytes = 0;
  let droppedLines = 0;
  let droppedBytes = 0;
  let limitedLines = 0;
  let limitedBytes = 0;
  return {
    sent(lines, bytes) {
      sentLines += lines;
      sentBytes += bytes;
    },
    filtered(lines, bytes) {
      filteredLines += lines;
      filteredBytes += bytes;
    },
    dropped(lines, bytes) {
      droppedLines += lines;
      droppedBytes += bytes;
    },
    limited(lines, bytes) {
      limitedLines += lines;
      limitedBytes += bytes;
    },
    take() {
      const tally: Tally = {
        ...(limitedLines > 0 && { limited: { lines: limitedLines, bytes: limitedBytes } }),
        sent: { lines: sentLines, bytes: sentBytes },
        filtered: { lines: filteredLines, bytes: filteredBytes },
        dropped: { lines: droppedLines, bytes: droppedBytes },
      };
      sentLines = sentBytes = filteredLines = filteredBytes = droppedLines = droppedBytes = 0;
      limitedLines = limitedBytes = 0;
      return tally;
    },
  };
}
