/** What the clocks of a time zone show. Offsets are minutes east of UTC. */
export type Zone = {
  /** The offset at an instant (ms since the epoch). */
  offset(instant: number): number;
  /**
   * The offset of a time that the zone's clocks show, given as if it were UTC (ms). Where they show it twice, of the two the one
   * nearer to the instant `near`; where they skip it, the offset from before the gap.
   */
  offsetOfLocal(local: number, near: number): number;
  /** Whether the clocks show a time twice, so that `near` matters. All times of a quarter of an hour are alike in that. */
  isTwice(local: number): boolean;
};

const MINUTE = 60_000;
const DAY = 86_400_000;
/** No zone changes its offset within a quarter of an hour: all changes since 1973 happened on such a border. */
const QUARTER = 15 * MINUTE;
const REMEMBERED = 4096;

/**
 * `name` is an IANA zone such as Europe/Berlin, or `local` for the host's own. Throws an Error with a sentence when there is none of that
 * name.
 */
export function createZone(name: string): Zone {
  const read = offsetsOf(name);
  const known = new Map<number, number>();

  function offset(instant: number): number {
    const quarter = Math.floor(instant / QUARTER);
    let minutes = known.get(quarter);
    if (minutes === undefined) {
      minutes = read(quarter * QUARTER);
      if (known.size >= REMEMBERED) known.clear();
      known.set(quarter, minutes);
    }
    return minutes;
  }

  /** Whether a time holds with the offset from a day before, and with that from a day behind. */
  function holds(local: number, before: number, after: number): { readonly first: boolean; readonly second: boolean } {
    return { first: offset(local - before * MINUTE) === before, second: offset(local - after * MINUTE) === after };
  }

  return {
    offset,
    offsetOfLocal(local, near) {
      const before = offset(local - DAY);
      const after = offset(local + DAY);
      if (before === after) return before;
      const { first, second } = holds(local, before, after);
      if (!first || !second) return second ? after : before;
      const away = (minutes: number) => Math.abs(near - (local - minutes * MINUTE));
      return away(after) < away(before) ? after : before;
    },
    isTwice(local) {
      const before = offset(local - DAY);
      const after = offset(local + DAY);
      if (before === after) return false;
      const { first, second } = holds(local, before, after);
      return first && second;
    },
  };
}

/** How a zone's offset at an instant is found: by Intl, which takes 8 MB of memory, only where Date does not know it. */
function offsetsOf(name: string): (instant: number) => number {
  if (name === 'UTC') return () => 0;
  if (name === 'local') return (instant) => 0 - new Date(instant).getTimezoneOffset();
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    return (instant) => readOffset(format.format(instant));
  } catch {
    throw new Error(`'${name}' is no IANA time zone: write one such as UTC or Europe/Berlin`);
  }
}

/** Reads the end of `7/15/2024, GMT+02:00`; UTC itself is a bare `GMT`. Offsets with seconds (before 1972) lose them. */
function readOffset(text: string): number {
  const found = /GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(text);
  const minutes = Number(found?.[2] ?? 0) * 60 + Number(found?.[3] ?? 0);
  return found?.[1] === '-' ? -minutes : minutes;
}
