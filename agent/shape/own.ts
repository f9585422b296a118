/**
 * Records of the agent's own, in the format of a destination: they stand for no line of a file and have no identity, but say
 * something of the generations that the records around them come from. Facility syslog, APP-NAME tailship, unless said otherwise.
 */
import type { Batch, RecordConfig } from '../types.ts';
import type { NoticeParam } from '../wire/notice.ts';
import { facilityNumber, severityNumber } from '../wire/priority.ts';
import { escapeSdValue } from '../wire/rfc5424.ts';
import { type Member, newDraft } from './draft.ts';
import { FORMATS } from './format.ts';
import { writeMembers } from './members.ts';
import { createPayload } from './payload.ts';
import { createTimestamps } from './time.ts';

export type OwnRecord = {
  readonly severity: string;
  readonly msg: string;
  /** What machines read: parameters of the element with the destination's SD-ID, or keys of the JSON where there is no element. */
  readonly params: readonly NoticeParam[];
};

export type OwnWriter = {
  /** The records in the order given, as a batch without lines and marks. `now`: ms since the epoch. */
  batch(records: readonly OwnRecord[], now: number): Batch;
  /** One of them as a message. */
  message(record: OwnRecord, now: number): string;
  /** Whether the record fits in `chunk` as it is; one that does not loses the end of its `msg`. */
  fits(record: OwnRecord, now: number): boolean;
};

const SYSLOG = facilityNumber('syslog')!;
const NOTHING = { lines: 0, bytes: 0 };

/** `input` is whose books the batch goes into, although it has nothing to enter there; `zone` the IANA zone of rfc3164 times. */
export function createOwnWriter(record: RecordConfig, input: string, zone: string): OwnWriter {
  const format = FORMATS[record.format];
  const timestamps = createTimestamps(zone, record.format === 'rfc3164' ? 'rfc3164' : 'rfc5424');
  const limit = record.chunk === 0 ? Number.POSITIVE_INFINITY : record.chunk;

  function write({ severity, msg, params }: OwnRecord, now: number): string {
    const draft = {
      ...newDraft(),
      pri: SYSLOG * 8 + severityNumber(severity)!,
      timestamp: timestamps.instant(now),
      hostname: record.hostname,
      appName: 'tailship',
    };
    const sd = params.map(([name, value]) => ` ${name}="${escapeSdValue(value)}"`).join('');
    const head = format.head(draft, sd === '' ? '-' : `[${record.sdId}${sd}]`);
    return head + writeMembers(membersOf(msg, params, draft), format.style);
  }

  function membersOf(
    msg: string,
    params: OwnRecord['params'],
    { pri, timestamp }: ReturnType<typeof newDraft>,
  ): Member[] {
    if (format.identified) return [['MSG', msg]];
    const script: Member[] =
      record.format === 'script'
        ? [
            ['HEADER', `${timestamp} ${record.hostname}`],
            ['OWNER', 'tailship'],
            ['PID', ''],
            ['PRI', String(pri)],
          ]
        : [];
    // A name may stand there several times; JSON has each key once.
    const grouped = Map.groupBy(params, ([name]) => name.toUpperCase());
    const named = [...grouped].map(([key, all]): Member => [key, all.map(([, value]) => value).join(' ')]);
    return [['MSG', msg] satisfies Member, ...script, ...named].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** The record with as much of its `msg` as there is room for. */
  function fitting(own: OwnRecord, now: number): string {
    let text = write(own, now);
    for (let msg = own.msg; Buffer.byteLength(text) > limit && msg !== ''; text = write({ ...own, msg }, now)) {
      const over = Buffer.byteLength(text) - limit;
      msg = [...msg].slice(0, -Math.max(1, Math.ceil(over / 12))).join('');
    }
    return text;
  }

  return {
    batch(records, now) {
      const payload = createPayload();
      for (const own of records) payload.add(fitting(own, now), true);
      return { input, ...payload.take(), marks: [], tally: { sent: NOTHING, filtered: NOTHING, dropped: NOTHING } };
    },
    message: fitting,
    fits: (own, now) => Buffer.byteLength(write(own, now)) <= limit,
  };
}
