/**
 * The records of which some parts have come. Parts may come in any order and more than once; what is kept waiting is bounded in
 * number, bytes and age, and a record that stays incomplete is reported, never dropped in silence.
 */
import type { Clock } from '../types.ts';
import { joinParts, type Part } from './join.ts';

/** How many joined records are remembered, so that a part which comes twice is not taken for a record that stays incomplete. */
const REMEMBERED = 4096;

export type JoinerLimits = {
  /** Records that may wait for parts. */
  readonly records: number;
  /** Bytes of their parts. */
  readonly bytes: number;
  /** How long a record waits after its first part came, in ms. */
  readonly age: number;
};

/** A record given up: the parts that came, as they came, in order. */
export type IncompleteRecord = {
  readonly rec: string;
  readonly of: number;
  readonly parts: readonly Buffer[];
  readonly why: string;
};

export type Joiner = {
  /** Takes a part; `message` is kept. Gives the whole message when this was the last part that it lacked. */
  add(part: Part, message: Buffer): Buffer | undefined;
  /** Gives up all that wait. */
  flush(): void;
  /** `joined`: records made whole; `repeated`: parts that had come before. */
  status(): {
    readonly waiting: number;
    readonly joined: number;
    readonly incomplete: number;
    readonly repeated: number;
  };
};

type Waiting = {
  readonly rec: string;
  readonly of: number;
  readonly since: number;
  readonly parts: Map<number, Buffer>;
  bytes: number;
};

/** Joins parts. `incomplete` is called with each record that is given up. */
export function createJoiner(parts: {
  readonly clock: Clock;
  readonly limits: JoinerLimits;
  readonly incomplete: (record: IncompleteRecord) => void;
}): Joiner {
  const { clock, limits } = parts;
  /** In the order in which their first parts came. */
  const waiting = new Map<string, Waiting>();
  const joined = new Set<string>();
  let bytes = 0;
  let timer: (() => void) | undefined;
  const counts = { joined: 0, incomplete: 0, repeated: 0 };

  function remove(key: string, entry: Waiting): Buffer[] {
    waiting.delete(key);
    bytes -= entry.bytes;
    return [...entry.parts].sort(([a], [b]) => a - b).map(([, message]) => message);
  }

  function giveUp(key: string, entry: Waiting, why: string): void {
    const came = remove(key, entry);
    if (joined.has(entry.rec)) {
      counts.repeated += came.length;
      return;
    }
    counts.incomplete += 1;
    parts.incomplete({ rec: entry.rec, of: entry.of, parts: came, why });
  }

  function giveUpOldest(why: string): void {
    const [key, entry] = waiting.entries().next().value!;
    giveUp(key, entry, why);
  }

  function remember(rec: string): void {
    joined.delete(rec);
    joined.add(rec);
    if (joined.size > REMEMBERED) joined.delete(joined.values().next().value!);
  }

  function sweep(): void {
    timer = undefined;
    const now = clock.ticks();
    for (const [key, entry] of waiting) {
      if (now - entry.since < limits.age) {
        timer = clock.after(entry.since + limits.age - now, sweep);
        return;
      }
      giveUp(key, entry, 'its other parts did not come in time');
    }
  }

  return {
    add(part, message) {
      // Sent again with another `chunk`, a record is cut elsewhere: parts of different cuts do not fit together.
      const key = `${part.rec}/${part.of}`;
      let entry = waiting.get(key);
      if (!entry) {
        entry = { rec: part.rec, of: part.of, since: clock.ticks(), parts: new Map(), bytes: 0 };
        waiting.set(key, entry);
      }
      if (entry.parts.has(part.n)) {
        counts.repeated += 1;
        return undefined;
      }
      entry.parts.set(part.n, message);
      entry.bytes += message.length;
      bytes += message.length;
      if (entry.parts.size === part.of) {
        const pieces = remove(key, entry);
        const whole = joinParts(pieces);
        if (whole) {
          counts.joined += 1;
          remember(part.rec);
        } else {
          counts.incomplete += 1;
          parts.incomplete({ rec: part.rec, of: part.of, parts: pieces, why: 'its parts do not fit together' });
        }
        return whole;
      }
      while (waiting.size > limits.records) giveUpOldest('too many records wait for parts');
      while (bytes > limits.bytes) giveUpOldest('the parts that wait take too much memory');
      timer ??= clock.after(limits.age, sweep);
      return undefined;
    },
    flush() {
      timer?.();
      timer = undefined;
      for (const [key, entry] of waiting) giveUp(key, entry, 'receiving ended');
    },
    status: () => ({ waiting: waiting.size, ...counts }),
  };
}
