/** Records as tailship writes them, a clock whose hands a test turns, and waiting for a condition. */
import type { Clock } from '../../agent/types.ts';
import { type Identity, writeIdentity } from '../../agent/wire/identity.ts';

export const GEN = ['aaaaaaaaaaaaaaa1', 'bbbbbbbbbbbbbbb2', 'ccccccccccccccc3'] as const;

/** An rfc5424 record with this identity. */
export function record(identity: Identity, msg = 'text', host = 'web1'): string {
  return `<14>1 2026-07-15T11:30:35.000+02:00 ${host} app 12 - ${writeIdentity('tail@32473', identity)} ${JSON.stringify({ MSG: msg })}`;
}

/** The records of a generation of lines of 10 bytes: `count` of them from `from`. */
export function records(gen: string, count: number, more: Partial<Identity> = {}, from = 0): string[] {
  return Array.from({ length: count }, (_, i) =>
    record({ gen, at: from + i * 10, len: 10, ...(i === 0 ? more : {}) }, `line ${i}`),
  );
}

/** An rfc5424 record cut into parts of its MSG. */
export function cutRecord(identity: Identity, pieces: readonly string[]): string[] {
  return pieces.map((piece, i) => record({ ...identity, part: { n: i + 1, of: pieces.length } }, piece));
}

export type TestClock = Clock & { turn(ms: number): void };

/** A clock that stands still until it is turned. */
export function testClock(): TestClock {
  let now = 1000;
  const timers = new Set<{ at: number; run: () => void }>();
  return {
    now: () => now,
    ticks: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    turn(ms) {
      now += ms;
      for (const timer of [...timers].sort((a, b) => a.at - b.at)) {
        if (timer.at <= now && timers.delete(timer)) timer.run();
      }
    },
  };
}

/** Resolves as soon as the condition holds; a test that waits in vain is ended by the runner. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}
