/** Times as log lines write them. */

/** A time taken apart, as it was written. */
export type WrittenTime = {
  /** Undefined where the line does not say, as in RFC 3164. */
  readonly year: number | undefined;
  /** 1 to 12, 1 to 31, 0 to 23, 0 to 59, 0 to 59: a leap second is written as the one before (RFC 5424 section 6.2.3). */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** The digits behind the second as written; empty where there are none. */
  readonly fraction: string;
  /** Minutes east of UTC; undefined where the time is that of the clocks on the wall. */
  readonly offset: number | undefined;
  /**
   * Where in the text the last digits stand, those of the fraction or else of the second: a text that differs only there is
   * the same time but for them. And where the two digits of the minute begin. Undefined where they cannot be told apart.
   */
  readonly last: { readonly start: number; readonly end: number; readonly minute: number } | undefined;
};

/** What a text must be like to be the time that was read last but for its last digits: those from `start` up to `end`. */
export type Alike = {
  readonly start: number;
  readonly end: number;
  readonly before: string;
  readonly behind: string;
  /** The first of the digits is a character up to this one. */
  readonly limit: number;
};

const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const FRACTION = '(?:[.,](?<fraction>\\d+))?';
const CLOCK = `(?<hour>\\d{1,2}):(?<minute>\\d{2})(?::(?<second>\\d{2})${FRACTION})?(?: ?(?<half>[ap])\\.?m\\.?)?`;
/** Zones by their letters, minutes east of UTC: those of RFC 822 section 5.1 and the European ones. Others name several zones. */
const LETTERED: Readonly<Record<string, number>> = {
  ...{ Z: 0, UTC: 0, GMT: 0, EST: -300, EDT: -240, CST: -360, CDT: -300, MST: -420, MDT: -360, PST: -480, PDT: -420 },
  ...{ WET: 0, WEST: 60, CET: 60, CEST: 120, EET: 120, EEST: 180 },
};
const NAMES = Object.keys(LETTERED).join('|');
/** An offset may be followed by its letters, as Go writes it: +0100 CET. */
const ZONE = `(?: ?(?<zone>(?:${NAMES})\\b|[+-]\\d{2}(?::?\\d{2})?(?: [a-z]{3,4}\\b)?))?`;
const WEEKDAY = '(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +)?';

/** Tried in order. With `i`, for months and zones; with `d`, for the place of the last digits. */
const FORMS: readonly RegExp[] = [
  // RFC 3164, with or without a year: Jul  5 11:30:35, Jul 5 2024 11:30:35.123, Fri Jul 5 11:30:35 2024, Jul 5, 2024 11:30:35 AM
  `${WEEKDAY}(?<month>[a-z]+)\\.? +(?<day>\\d{1,2}),?(?: +(?<year>\\d{4}),?)? +${CLOCK}${ZONE}(?: +(?<yearBehind>\\d{4}))?`,
  // ISO 8601 and its neighbours: 2024-07-05T11:30:35.123+02:00, 2024-07-05 11:30:35,123, 2024/07/05 11:30:35
  `(?<year>\\d{4})([-/.])(?<month>\\d{1,2})\\2(?<day>\\d{1,2})(?:T|[ _]+)${CLOCK}${ZONE}`,
  `(?<year>\\d{4})(?<month>\\d{2})(?<day>\\d{2})(?:T|[ _]+)?(?<hour>\\d{2})(?<minute>\\d{2})(?<second>\\d{2})${FRACTION}${ZONE}`,
  // The day first: 05/Jul/2024:11:30:35 +0200 (web servers), Fri, 05 Jul 2024 11:30:35 +0200 (mail), 05-Jul-2024 11:30:35.123
  `${WEEKDAY}(?<day>\\d{1,2})[-/ ](?<month>[a-z]+)[-/ ](?<year>\\d{4})[: ]${CLOCK}${ZONE}`,
  // 05.07.2024 11:30:35
  `(?<day>\\d{1,2})\\.(?<month>\\d{1,2})\\.(?<year>\\d{4}),? +${CLOCK}${ZONE}`,
  // A year of two digits comes first: 24/07/05 11:30:35 (log4j), 240705 113035, 240705 11:30:35
  `(?<year>\\d{2})/(?<month>\\d{2})/(?<day>\\d{2}) ${CLOCK}`,
  `(?<year>\\d{2})(?<month>\\d{2})(?<day>\\d{2}) +(?<hour>\\d{1,2}):?(?<minute>\\d{2}):?(?<second>\\d{2})${FRACTION}`,
  // No year: 07-05 11:30:35.123 (Android), 0705 11:30:35.123456 (glog)
  `(?<month>\\d{2})-?(?<day>\\d{2}) ${CLOCK}`,
].map((form) => new RegExp(`^\\[?${form}\\]?$`, 'id'));

/** The days of each month but February. */
const DAYS: readonly number[] = [0, 31, 0, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Two digits of a year stand for 1970 to 2069. */
const PIVOT = 70;

/** Seconds since the epoch, or as many digits more as ms, us or ns take. */
const EPOCH = /^(\d{9,10})(?:[.,]?(\d{3}|\d{6}|\d{9})|[.,](\d+))?$/;

/** What texts of the same time but for the last digits are like; undefined where those cannot be told apart. */
export function alikeTo(text: string, { last, fraction }: WrittenTime): Alike | undefined {
  if (!last) return undefined;
  const { start, end } = last;
  // Seconds go up to 59.
  const limit = fraction === '' ? 0x35 : 0x39;
  return { start, end, before: text.slice(0, start), behind: text.slice(end), limit };
}

/** The last digits of a text that is like this; undefined where it is not. */
export function lastDigits(text: string, { start, end, before, behind, limit }: Alike): string | undefined {
  if (text.length !== end + behind.length || text.charCodeAt(start) > limit) return undefined;
  for (let i = start; i < end; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return undefined;
  }
  return text.startsWith(before) && text.endsWith(behind) ? text.slice(start, end) : undefined;
}

let known: Alike | undefined;

/** Whether a text is a time that we know. Cheap for one that differs from the one before in its last digits only. */
export function isWrittenTime(text: string): boolean {
  if (known && lastDigits(text, known) !== undefined) return true;
  const time = readWrittenTime(text);
  if (!time) return false;
  known = alikeTo(text, time);
  return true;
}

/** Takes a time apart. Undefined where it is none that we know, or no day of any year has it. */
export function readWrittenTime(text: string): WrittenTime | undefined {
  const trimmed = text.trim();
  for (const form of FORMS) {
    const found = form.exec(trimmed);
    if (found) return fromForm(found, text.indexOf(trimmed));
  }
  return fromEpoch(trimmed);
}

function fromForm(found: RegExpExecArray, shift: number): WrittenTime | undefined {
  const { year, yearBehind, month = '', day, hour, half, minute, second = '0', fraction = '', zone } = found.groups!;
  const time = {
    year: yearOf(year ?? yearBehind),
    month: /^\d/.test(month) ? Number(month) : monthNumber(month),
    day: Number(day),
    hour: half === undefined ? Number(hour) : hourOfDay(Number(hour), half),
    minute: Number(minute),
    second: Number(second),
  };
  if (time.hour > 23 || time.minute > 59 || time.second > 60) return undefined;
  if (time.day < 1 || time.day > daysIn(time.month, time.year)) return undefined;
  // A year before the epoch is a value that was never set.
  if (time.year !== undefined && time.year < 1970) return undefined;
  const { groups: places } = found.indices!;
  const last = places?.[fraction === '' ? 'second' : 'fraction'];
  return {
    ...time,
    second: Math.min(time.second, 59),
    fraction,
    offset: zone === undefined ? undefined : zoneMinutes(zone),
    last: last && { start: last[0] + shift, end: last[1] + shift, minute: places!.minute![0] + shift },
  };
}

function fromEpoch(text: string): WrittenTime | undefined {
  const found = EPOCH.exec(text);
  if (!found) return undefined;
  const date = new Date(Number(found[1]) * 1000);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    fraction: found[2] ?? found[3] ?? '',
    offset: 0,
    last: undefined,
  };
}

/** The days of a month, 0 for a month that there is not. Without a year, February may have 29. */
export function daysIn(month: number, year: number | undefined): number {
  if (month !== 2) return DAYS[month] ?? 0;
  return year === undefined || isLeap(year) ? 29 : 28;
}

/** Whether a year of the Gregorian calendar has a 29 February. */
function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** English names, whole or from the third letter on: Jul, July, Sept. */
function monthNumber(name: string): number {
  return name.length < 3 ? 0 : MONTHS.findIndex((month) => month.startsWith(name.toLowerCase())) + 1;
}

function yearOf(written: string | undefined): number | undefined {
  if (written === undefined) return undefined;
  const year = Number(written);
  if (written.length !== 2) return year;
  return year < PIVOT ? 2000 + year : 1900 + year;
}

/** 12 AM is midnight, 12 PM noon. No hour of the day where the twelve hours have none. */
function hourOfDay(hour: number, half: string): number {
  if (hour < 1 || hour > 12) return Number.POSITIVE_INFINITY;
  return (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
}

function zoneMinutes(zone: string): number {
  const found = /^([+-])(\d{2}):?(\d{2})?/.exec(zone);
  if (!found) return LETTERED[zone.toUpperCase()]!;
  const minutes = Number(found[2]) * 60 + Number(found[3] ?? 0);
  return found[1] === '-' ? -minutes : minutes;
}
