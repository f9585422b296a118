/** Records that are longer than `chunk`: cut into parts, each a whole message with a whole JSON object. */
import { type Identity, writeIdentity } from '../wire/identity.ts';
import type { Draft, Member } from './draft.ts';
import type { Format } from './format.ts';
import { MESSAGE, type Piece, sorted, writeMembers } from './members.ts';

export type LongRecord = {
  /** Text, not bytes: `wide` is true. */
  readonly draft: Draft;
  readonly members: readonly Member[];
  readonly identity: Identity;
  readonly sdId: string;
  readonly format: Format;
  /** Largest message in bytes. */
  readonly limit: number;
};

export type Parts = {
  /** Made one by one as they are asked for, before the draft changes: all at once they take many times the record's memory. */
  readonly messages: Iterable<string>;
  /** True where something other than MSG was too long and had to lose its end. */
  readonly shortened: boolean;
};

/** What a record is made of behind its identity: JSON, or the text of a template. */
export type Body = {
  /** The whole message, for a record that needs no cutting. `element` is its identity element. */
  write(draft: Draft, element: string): string;
  /** The record in messages of at most `limit` bytes each. The draft must be text (`wide`). */
  cut(draft: Draft, identity: Identity, limit: number): Parts;
  /** True where all that it adds to a line is ASCII, so that one character is one byte where the line is. */
  readonly ascii: boolean;
  /** True where a line gives the same whether it is seen as text or as bytes of UTF-8. */
  readonly bytewise: boolean;
  /** True where all that is not ASCII is escaped. */
  readonly escapesAll: boolean;
  /** The members of its JSON, where it is one of RFC 5424 without a template and each member can be copied; else undefined. */
  readonly pieces: readonly Piece[] | undefined;
};

/** Room for the longest escape, that of a pair of surrogates in the script's form. */
const LEAST_ROOM = 12;
/** Digits of the number of parts that are reckoned with before it is known. */
const LIKELY_DIGITS = 3;
const MOST_DIGITS = 9;
/** Bytes around a string in JSON. */
const QUOTES = 2;
const CUT: Member = ['CUT', '1'];

/**
 * Cuts MSG at characters and spreads it over as few messages as hold it. Where the rest of the record leaves MSG too little room,
 * other members lose their ends, at the last the members and the header's fields go; the JSON then says CUT. No message is
 * ever longer than `limit`, however small that is.
 */
export function cutIntoParts(record: LongRecord): Parts {
  const { draft, members } = record;
  if (isWhole(record, draft, members))
    return { messages: [write(record, draft, members, undefined)], shortened: false };
  const fitting = shorten(record, draft, members);
  const messages = fitting && spread(record, draft, fitting);
  if (messages) return { messages, shortened: fitting !== members };
  const least = members.filter(([key]) => key === MESSAGE);
  const nameless: Draft = { ...draft, hostname: '-', appName: '-', procid: '-' };
  const bared = spread(record, draft, [CUT, ...least]) ??
    spread(record, nameless, [CUT, ...least]) ?? [write(record, nameless, [CUT], undefined).slice(0, record.limit)];
  return { messages: bared, shortened: true };
}

/**
 * Takes the ends off members other than MSG, the longest first, until they leave MSG half of what there is to share, or as
 * much as it needs. Undefined where their keys alone are too much.
 */
function shorten(record: LongRecord, draft: Draft, members: readonly Member[]): readonly Member[] | undefined {
  const { style } = record.format;
  const others = members.filter(([key]) => key !== MESSAGE);
  const message = members.find(([key]) => key === MESSAGE)?.[1];
  const sizes = new Map(
    others.map(([key, value, kind]) => [key, kind === 'json' ? bytesOf(value) : style.size(value)]),
  );
  const sum = [...sizes.values()].reduce((total, size) => total + size, 0);
  const wanted = message === undefined ? 0 : style.size(message);
  const allowance = (list: readonly Member[]) => {
    const empty = list.map(([key]): Member => [key, '']);
    const room = record.limit - bytesOf(write(record, draft, empty, { n: 1, of: 10 ** (LIKELY_DIGITS - 1) }));
    return room - Math.min(wanted, Math.max(LEAST_ROOM, room >> 1));
  };
  if (sum <= allowance(members)) return members;
  const marked = members.some(([key]) => key === CUT[0]) ? members : sorted([CUT, ...members]);
  const room = allowance(marked) - CUT[1].length;
  if (room < 0) return undefined;
  const most = largestCap([...sizes.values()], room);
  return marked.map((member): Member => {
    const [key, value] = member;
    const whole = (sizes.get(key) ?? 0) <= most;
    // What is left of JSON is JSON no longer, but a string.
    return whole ? member : [key, value.slice(0, style.fit(value, 0, most))];
  });
}

/** The largest size to which each of `sizes` must come down at most, so that their sum is no more than `room`. */
function largestCap(sizes: readonly number[], room: number): number {
  let low = 0;
  let high = Math.max(0, ...sizes);
  while (low < high) {
    const cap = Math.ceil((low + high) / 2);
    if (sizes.reduce((total, size) => total + Math.min(size, cap), 0) <= room) low = cap;
    else high = cap - 1;
  }
  return low;
}

/** Bytes of a message beside those of its MSG. */
function around(record: LongRecord, draft: Draft, members: readonly Member[], part: Identity['part']): number {
  return bytesOf(write(record, draft, withMessage(members, ''), part));
}

function withMessage(members: readonly Member[], text: string): Member[] {
  return members.map((member): Member => (member[0] === MESSAGE ? [MESSAGE, text] : member));
}

/** Whether all of it fits into one message, which is not made for that. */
function isWhole(record: LongRecord, draft: Draft, members: readonly Member[]): boolean {
  const [, text = '', kind] = members.find(([key]) => key === MESSAGE) ?? [];
  // To measure a long one takes its time.
  if (text.length - QUOTES > record.limit) return false;
  const size = kind === 'json' ? bytesOf(text) - QUOTES : record.format.style.size(text);
  return around(record, draft, members, undefined) + size <= record.limit;
}

/** One message if all of it fits, else parts; undefined where MSG finds no room. */
function spread(record: LongRecord, draft: Draft, members: readonly Member[]): Iterable<string> | undefined {
  const { limit, format } = record;
  if (isWhole(record, draft, members)) return [write(record, draft, members, undefined)];
  const message = members.find(([key]) => key === MESSAGE);
  if (!message) return undefined;
  const [, text] = message;
  const size = format.style.size(text);
  for (let digits = 1; digits <= MOST_DIGITS; digits += 1) {
    const most = 10 ** digits - 1;
    const room = limit - around(record, draft, members, { n: most, of: most });
    if (room < LEAST_ROOM) return undefined;
    const ends = size > most * room ? [] : cut(text, room, format);
    if (ends.length === 0 || ends.length > most) continue;
    const piece = (i: number) => withMessage(members, text.slice(ends[i - 1] ?? 0, ends[i]));
    return oneByOne(ends.length, (i) => write(record, draft, piece(i), { n: i + 1, of: ends.length }));
  }
  return undefined;
}

/** So many messages, the first of which is 0. */
export function* oneByOne(count: number, message: (i: number) => string): Iterable<string> {
  for (let i = 0; i < count; i += 1) yield message(i);
}

/** Where the pieces of a message end that take as much as there is room for. */
function cut(message: string, room: number, { style }: Format): number[] {
  const ends: number[] = [];
  for (let at = 0; at < message.length; ) {
    at = style.fit(message, at, room);
    ends.push(at);
  }
  return ends;
}

function write(record: LongRecord, draft: Draft, members: readonly Member[], part: Identity['part']): string {
  const { format, identity, sdId } = record;
  if (format.identified) {
    return format.head(draft, writeIdentity(sdId, { ...identity, part })) + writeMembers(members, format.style);
  }
  if (part === undefined) return format.head(draft, '') + writeMembers(members, format.style);
  const where: readonly Member[] = [
    ['PART', `${part.n}/${part.of}`],
    ['REC', `${identity.gen}:${identity.at}`],
  ];
  const others = members.filter(([key]) => where.every((member) => member[0] !== key));
  return format.head(draft, '') + writeMembers(sorted([...others, ...where]), format.style);
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}
