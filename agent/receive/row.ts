/**
 * A message as a row of rsyslog's table `SystemEvents`: what the template StdDBFmt, the default of ommysql, writes of it, with two
 * differences. Times are UTC, and the blank that RFC 3164 has before MSG is left out.
 */

import { type Record3164, readRfc3164 } from '../wire/rfc3164.ts';
import { type Record5424, readRfc5424, readSd } from '../wire/rfc5424.ts';

/** The columns that a message fills, in the order of a Row. */
export const FILLED = [
  ...['ReceivedAt', 'DeviceReportedTime', 'Facility', 'Priority', 'FromHost'],
  ...['Message', 'InfoUnitID', 'SysLogTag', 'StructuredData'],
] as const;

export type Row = readonly [
  receivedAt: string,
  deviceReportedTime: string,
  facility: number,
  /** The severity; the column's name is older than the word. */
  priority: number,
  fromHost: string | null,
  message: string,
  infoUnitId: number,
  sysLogTag: string,
  structuredData: string,
];

/** "syslog message"; the other numbers are for event logs and files. */
const INFO_UNIT = 1;
/** user.notice, for a message that names no priority (RFC 3164 section 4.3.3). */
const NO_PRI = 13;
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** The row of the message `text` that came at `receivedAt`, in ms since 1970. Any text gives one; never throws. */
export function rowOf(text: string, receivedAt: number): Row {
  const record = readRfc5424(text);
  if (record) {
    const time = /^\d{4}-/.test(record.timestamp) ? Date.parse(record.timestamp) : Number.NaN;
    return row(record, time, receivedAt, tag5424(record), structuredData(text));
  }
  const older = readRfc3164(text);
  if (!older) return row({ pri: NO_PRI, hostname: undefined, msg: text }, Number.NaN, receivedAt, '', '-');
  return row(older, nearest(older.timestamp, receivedAt), receivedAt, tag3164(older), '-');
}

function row(
  { pri, hostname, msg }: { readonly pri: number; readonly hostname: string | undefined; readonly msg: string },
  reported: number,
  receivedAt: number,
  tag: string,
  data: string,
): Row {
  const received = utc(receivedAt);
  const time = Number.isNaN(reported) ? received : utc(reported);
  return [received, time, pri >> 3, pri & 7, hostname ?? null, msg, INFO_UNIT, tag, data];
}

/** A tag made up of RFC 5424's fields has no colon in rsyslog, and one that came as text keeps its own. */
function tag5424({ appName, procid }: Record5424): string {
  return procid === '-' ? appName : `${appName}[${procid}]`;
}

function tag3164({ appName, procid }: Record3164): string {
  if (appName === undefined) return '';
  return procid === undefined ? `${appName}:` : `${appName}[${procid}]:`;
}

/** STRUCTURED-DATA as it stands in a message that `readRfc5424` could read: behind six fields that hold no blank. */
function structuredData(text: string): string {
  let from = 0;
  for (let i = 0; i < 6; i += 1) from = text.indexOf(' ', from) + 1;
  return text.slice(from, readSd(text, from)?.end);
}

/** `Oct  9 22:33:20` on this machine's clock, in the year that brings it nearest to `now`. Gives ms since 1970, or NaN. */
function nearest(timestamp: string | undefined, now: number): number {
  const [, name, ...rest] = /^(\w{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d)$/.exec(timestamp ?? '') ?? [];
  const month = MONTHS.indexOf(name ?? '-') / 3;
  const [day, hour, minute, second] = rest.map(Number) as [number, number, number, number];
  const year = new Date(now).getFullYear();
  return [year - 1, year, year + 1]
    .map((one) => new Date(one, month, day, hour, minute, second))
    .filter((date) => date.getMonth() === month && date.getDate() === day)
    .reduce((best, date) => (Math.abs(best - now) <= Math.abs(+date - now) ? best : +date), Number.NaN);
}

let second = Number.NaN;
let written = '';

/** `YYYY-MM-DD hh:mm:ss`. Messages come many to a second, so the last answer is kept. */
function utc(ms: number): string {
  const wanted = Math.floor(ms / 1000);
  if (wanted !== second) {
    written = new Date(wanted * 1000).toISOString().slice(0, 19).replace('T', ' ');
    second = wanted;
  }
  return written;
}
