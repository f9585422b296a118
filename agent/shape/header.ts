/** What the header of a record says: from the groups of the match, with a stand-in for each that the line does not have. */
import type { RecordConfig, TransformConfig } from '../types.ts';
import { headerField } from '../wire/rfc5424.ts';
import type { Draft, Member } from './draft.ts';
import { groupOf, type Pattern } from './pattern.ts';
import { bare, createPriorities, type Priorities } from './priority.ts';
import { copied } from './text.ts';
import { createTimestamps, type Timestamps } from './time.ts';

/** The groups whose value stands in the header, and so need no key of their own. */
export const HEADER_GROUPS: readonly string[] = ['time', 'host', 'owner', 'pid'];

export type HeaderReader = {
  /** Fills the header's fields of the draft. */
  read(draft: Draft): void;
  readonly timestamps: Timestamps;
  readonly priorities: Priorities;
  /** How many times could not be read so far. */
  unreadable(): number;
};

/** Most characters of HOSTNAME, APP-NAME and PROCID (RFC 5424 section 6). */
export const LONGEST = { hostname: 255, appName: 48, procid: 128 } as const;
const NONE: readonly Member[] = [];
const LONG = 4096;
/** Letters, digits, dots, dashes and underscores, by their codes. */
const PLAIN = Uint8Array.from({ length: 128 }, (_, code) => (/[\w.-]/.test(String.fromCharCode(code)) ? 1 : 0));

type Parts = { readonly pattern: Pattern; readonly transform: TransformConfig; readonly record: RecordConfig };

export function createHeaderReader({ pattern, transform, record }: Parts): HeaderReader {
  const { groups } = pattern;
  const [timeAt, hostAt, ownerAt, pidAt, levelAt, priAt] = [...HEADER_GROUPS, 'level', 'pri'].map((name) =>
    groups.get(name),
  );
  const priorities = createPriorities(transform, pattern.scale);
  const script = record.format === 'script';
  const timestamps = createTimestamps(transform.timezone, record.format === 'rfc3164' ? 'rfc3164' : 'rfc5424');
  const cleanTag = record.format === 'rfc3164' ? tagField : headerField;
  const hostname = createField(headerField, LONGEST.hostname);
  const appName = createField(cleanTag, LONGEST.appName);
  const procid = createField(cleanTag, LONGEST.procid);
  let unreadable = 0;

  function addExtra(draft: Draft, key: string, value: string): void {
    draft.extras = [...draft.extras, [key, value]];
  }

  function readTime(draft: Draft, written: string): void {
    const stamp = written === '' ? undefined : timestamps.written(written, draft.modified);
    draft.timestamp = stamp ?? timestamps.instant(draft.readAt);
    if (stamp !== undefined || written === '') return;
    unreadable += 1;
    addExtra(draft, 'TIME', written);
  }

  return {
    read(draft) {
      const { match } = draft;
      const owner = pieceOf(draft, ownerAt);
      const pri = priAt && match ? groupOf(match, priAt) : undefined;
      draft.pri = priorities(owner, pieceOf(draft, levelAt), pri);
      draft.extras = draft.cut ? [['CUT', '1']] : NONE;
      if (draft.slow) addExtra(draft, 'SLOW', '1');
      if (script) return;
      if (match?.fields) draft.extras = [...draft.extras, ...match.fields.filter(([key]) => isWanted(record, key))];
      readTime(draft, pieceOf(draft, timeAt));
      const host = pieceOf(draft, hostAt);
      const pid = bare(pieceOf(draft, pidAt));
      draft.hostname = hostname(host || record.hostname);
      draft.appName = appName(owner || draft.name);
      draft.procid = procid(pid);
      // What the header had to change stands in the JSON as it was.
      if (host !== '' && draft.hostname !== host) addExtra(draft, 'HOST', host);
      if (owner !== '' && draft.appName !== owner) addExtra(draft, 'OWNER', owner);
      if (pid !== '' && draft.procid !== pid) addExtra(draft, 'PID', pid);
    },
    unreadable: () => unreadable,
    timestamps,
    priorities,
  };
}

/** Whether the JSON is to have a member that the line itself names. */
export function isWanted({ json }: RecordConfig, key: string): boolean {
  return typeof json === 'string' || json.includes(key);
}

/** What a group took. Neighbours may have the same, so it is remembered, and a long line must not be kept for it. */
function pieceOf({ match, line }: Draft, numbers: readonly number[] | undefined): string {
  const piece = (match && groupOf(match, numbers)) ?? '';
  return line.length > LONG ? copied(piece) : piece;
}

/** In RFC 3164 `[` or `:` ends the TAG (section 5.3), so neither may stand in it. */
function tagField(text: string, max: number): string {
  return headerField(text, max).replace(/[[\]:]/g, '_');
}

/** Cleans a field; neighbouring lines often have the same, so the last one is remembered. */
function createField(clean: (text: string, max: number) => string, max: number): (text: string) => string {
  let last = '';
  let field = clean('', max);
  return (text) => {
    if (text !== last) {
      field = isPlainText(text) ? text : clean(text, max);
      last = text;
    }
    return field;
  };
}

/** True for short texts that every field takes as they are: a cheap look that spares nearly all lines the thorough one. */
function isPlainText(text: string): boolean {
  if (text.length === 0 || text.length > LONGEST.appName) return false;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0x7f || PLAIN[code] === 0) return false;
  }
  return true;
}

/** The same of bytes, of which there may also be none. */
export function isPlain(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > LONGEST.appName) return false;
  for (let i = from; i < to; i += 1) if (PLAIN[bytes[i]!] !== 1) return false;
  return true;
}
