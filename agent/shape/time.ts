/** TIMESTAMP: from the `time` group, or from the clock, to what the header carries. */
import { type Alike, alikeTo, daysIn, lastDigits, readWrittenTime, type WrittenTime } from './writtentime.ts';
import { createZone, type Zone } from './zone.ts';

export type TimestampStyle = 'rfc5424' | 'rfc3164';

export type Timestamps = {
  /**
   * The TIMESTAMP of a time as a line has it; undefined where it cannot be read. `modified`, the file's own time of change
   * (ms), tells the year that is missing and which of two equal times is meant when the clocks were set back.
   */
  written(text: string, modified: number): string | undefined;
  /** The TIMESTAMP of an instant, ms since the epoch. */
  instant(ms: number): string;
  /** Which digits of the time read last may change so that the TIMESTAMP changes in the same digits only, if any may. */
  changing(): Changing | undefined;
  /** With which times of change of the file, ms, the time read last is the same. */
  sameWithin(): Span;
};

/** From and up to an instant, both included. */
export type Span = { readonly from: number; readonly to: number };

/**
 * The digits from `start` to `end` of a time; those up to `shown` stand in its TIMESTAMP at `at`. Their first is a character up to `limit`.
 * The two digits of the minute begin at `minute`, and in the TIMESTAMP at `minuteAt`; they may change within their quarter of an hour.
 */
export type Changing = {
  readonly start: number;
  readonly end: number;
  readonly shown: number;
  readonly at: number;
  readonly limit: number;
  readonly minute: number;
  readonly minuteAt: number;
};

const MINUTE = 60_000;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const ALWAYS: Span = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
/** A year that is missing is beyond doubt where the file was changed within so many ms of the time: half a year is 182 days. */
const YEAR_HOLDS = 180 * 86_400_000;
/** RFC 5424 section 6: TIME-SECFRAC has at most six digits. */
const MOST_DIGITS = 6;
/** Where minutes and seconds stand in a TIMESTAMP, and its fraction: 2024-07-15T11:30:35.123, Jul 15 11:30:35. */
const MINUTES_AT = { rfc5424: 14, rfc3164: 10 } as const;
const SECONDS_AT = { rfc5424: 17, rfc3164: 13 } as const;
const FRACTION_AT = 20;

/** The last time read: another text that is like it has the same `head` and `tail`. */
type Remembered = {
  within: Span;
  text: string;
  stamp: string | undefined;
  alike: Alike | undefined;
  head: string;
  tail: string;
  minute: number;
};

/** `zone` is the IANA zone in which times are written that do not name their own. Throws an Error when there is no such zone. */
export function createTimestamps(zone: string, style: TimestampStyle): Timestamps {
  const clocks = createZone(zone);
  const last: Remembered = {
    ...{ within: only(Number.NaN), text: '', stamp: undefined },
    ...{ alike: undefined, head: '', tail: '', minute: -1 },
  };
  let now = Number.NaN;
  let nowStamp = '';

  return {
    written(text, modified) {
      if (modified >= last.within.from && modified <= last.within.to) {
        if (text === last.text) return last.stamp;
        const digits = last.alike && lastDigits(text, last.alike);
        if (digits !== undefined) {
          last.text = text;
          last.stamp = last.head + digits.slice(0, MOST_DIGITS) + last.tail;
          return last.stamp;
        }
      }
      const time = readWrittenTime(text);
      last.text = text;
      last.within = only(modified);
      last.stamp = undefined;
      last.alike = undefined;
      if (!time) return undefined;
      const local = localMs(time, time.year ?? nearestYear(time, clocks, modified));
      const offset = time.offset ?? clocks.offsetOfLocal(local, modified);
      last.stamp = stamp(time, local, offset, clocks, style);
      if (time.offset === undefined && clocks.isTwice(local)) return last.stamp;
      if (time.year !== undefined) last.within = ALWAYS;
      else last.within = sameWithin(local - offset * MINUTE, modified);
      remember(last, last.stamp, time, style);
      return last.stamp;
    },
    sameWithin: () => last.within,
    instant(ms) {
      if (ms !== now) {
        now = ms;
        nowStamp = instantStamp(ms, clocks, style);
      }
      return nowStamp;
    },
    changing() {
      const { alike, head, minute } = last;
      if (!alike) return undefined;
      const { start, end, limit } = alike;
      const shown = Math.min(end, start + MOST_DIGITS);
      const minuteAt = MINUTES_AT[style];
      // A time with an offset may be shown in another zone, whose minutes are others.
      if (head.slice(minuteAt, minuteAt + 2) !== last.text.slice(minute, minute + 2)) return undefined;
      return { start, end, shown, at: head.length, limit, minute, minuteAt };
    },
  };
}

/** Finds the last digits of the text in its stamp. They may be replaced only where the stamp shows them as they stand. */
function remember(last: Remembered, stamp: string, time: WrittenTime, style: TimestampStyle): void {
  const alike = alikeTo(last.text, time);
  const seconds = time.fraction === '';
  if (!alike || (!seconds && style === 'rfc3164')) return;
  const at = seconds ? SECONDS_AT[style] : FRACTION_AT;
  last.alike = alike;
  last.minute = time.last!.minute;
  last.head = stamp.slice(0, at);
  last.tail = stamp.slice(at + Math.min(alike.end - alike.start, MOST_DIGITS));
}

function localMs(time: WrittenTime, year: number): number {
  return Date.UTC(year, time.month - 1, time.day, time.hour, time.minute, time.second);
}

/** The year that puts a time nearest to `modified`; for 29 February only years that have one. */
function nearestYear(time: WrittenTime, clocks: Zone, modified: number): number {
  const around = new Date(modified + (time.offset ?? clocks.offset(modified)) * MINUTE);
  const here = around.getUTCFullYear();
  let best = here;
  let distance = Number.POSITIVE_INFINITY;
  // Leap years are at most eight years apart (1896, 1904); any other day comes every year.
  const reach = time.month === 2 && time.day === 29 ? 8 : 1;
  for (let year = here - reach; year <= here + reach; year += 1) {
    if (time.day > daysIn(time.month, year)) continue;
    const away = Math.abs(localMs(time, year) - around.getTime());
    if (away < distance) {
      best = year;
      distance = away;
    }
  }
  return best;
}

function stamp(time: WrittenTime, local: number, offset: number, clocks: Zone, style: TimestampStyle): string {
  if (style === 'rfc5424') return rfc5424(local, time.fraction.slice(0, MOST_DIGITS), offset);
  const instant = local - offset * MINUTE;
  return rfc3164(time.offset === undefined ? local : instant + clocks.offset(instant) * MINUTE);
}

const only = (instant: number): Span => ({ from: instant, to: instant });

/** The times of change with which the year of an instant that was found with `modified` is the same. */
function sameWithin(instant: number, modified: number): Span {
  if (Math.abs(modified - instant) > YEAR_HOLDS) return only(modified);
  return { from: instant - YEAR_HOLDS, to: instant + YEAR_HOLDS };
}

function instantStamp(ms: number, clocks: Zone, style: TimestampStyle): string {
  const offset = clocks.offset(ms);
  const local = ms + offset * MINUTE;
  return style === 'rfc3164' ? rfc3164(local) : rfc5424(local, two(Math.floor(ms) % 1000, 3), offset);
}

/** RFC 5424 section 6.2.3. `local` is ms as if the clocks showed UTC. */
function rfc5424(local: number, fraction: string, offset: number): string {
  const date = new Date(local).toISOString().slice(0, 19);
  const minutes = Math.abs(offset);
  const zone = offset === 0 ? 'Z' : `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  return `${date}${fraction && '.'}${fraction}${zone}`;
}

/** RFC 3164 section 4.1.2: `Mmm dd hh:mm:ss`, a day below 10 with a blank before it. */
function rfc3164(local: number): string {
  const date = new Date(local);
  const clock = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map((part) => two(part)).join(':');
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${clock}`;
}

function two(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}
