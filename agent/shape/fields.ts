/** Lines that name their values themselves (JSON, logfmt): which of them the header takes, and what the others become. */

import type { Match, Member } from './draft.ts';
import { copied } from './text.ts';
import { isWrittenTime } from './writtentime.ts';

/** A value: its text, and where it is no string its JSON as it was written. */
export type Field = { readonly text: string; readonly raw?: string };

/**
 * The usual names of what a header carries, the likeliest first; in any case. A name in front of another is taken only if it has a
 * value that will do.
 */
const NAMES = {
  time: 'time ts timestamp @timestamp t asctime datetime date eventtime',
  host: 'host hostname host.name',
  owner: 'service service.name app application appname app_name program name logger logger_name component',
  pid: 'pid process.pid process_id',
  level: 'level severity lvl log.level loglevel levelname severity_text s',
  msg: 'msg message log text event',
} as const;

/** The groups of such a line, in their order. */
export const FIELD_GROUPS = Object.keys(NAMES) as readonly (keyof typeof NAMES)[];
export const FIELD_NUMBERS: ReadonlyMap<string, readonly number[]> = new Map(
  FIELD_GROUPS.map((name, i) => [name, [i + 1]]),
);

/** Keys of a record's JSON that mean something of their own: a field of such a name gets a `_` behind it. */
const RESERVED: ReadonlySet<string> = new Set('CUT HEADER HOST LEVEL MSG OWNER PART PID PRI REC SLOW TIME'.split(' '));
const PRIORITY: ReadonlyMap<string, readonly [group: number, rank: number]> = new Map(
  FIELD_GROUPS.flatMap((group, i) => NAMES[group].split(' ').map((name, rank) => [name, [i, rank]] as const)),
);

/** What a name means: which group may have its value, and the key of a value that none has. */
type Meaning = { readonly group: number | undefined; readonly rank: number; readonly key: string };
/** Most lines of a file have the same names. */
const MOST_MEANINGS = 1000;
const meanings = new Map<string, Meaning>();

function meaningOf(piece: string): Meaning {
  const known = meanings.get(piece);
  if (known) return known;
  const name = copied(piece);
  const [group, rank = 0] = PRIORITY.get(name.toLowerCase()) ?? [];
  const meaning = { group, rank, key: name.toUpperCase() };
  if (meanings.size === MOST_MEANINGS) meanings.clear();
  meanings.set(name, meaning);
  return meaning;
}

/** Is told where the value of a field stands in its line. */
export type See = (name: string, begin: number, end: number) => void;

/** What becomes of the fields of a line. */
type Roles = {
  /** The name of the field that each group has. */
  readonly taken: readonly (string | undefined)[];
  /** The keys of all others, by name. */
  readonly keys: ReadonlyMap<string, string>;
  /** Whether each group has the field that its names come to first: so it is as long as that one has a value that will do. */
  readonly settled: boolean;
};

export function rolesOf(fields: ReadonlyMap<string, Field>): Roles {
  const taken: (string | undefined)[] = FIELD_GROUPS.map(() => undefined);
  const ranks = FIELD_GROUPS.map(() => Number.POSITIVE_INFINITY);
  const wanted = FIELD_GROUPS.map(() => Number.POSITIVE_INFINITY);
  for (const [name, { text, raw }] of fields) {
    const { group, rank } = meaningOf(name);
    if (group === undefined || rank >= ranks[group]!) continue;
    if (suits(FIELD_GROUPS[group]!, text, raw)) {
      taken[group] = name;
      ranks[group] = rank;
    } else if (rank < wanted[group]!) wanted[group] = rank;
  }
  const given = new Set<string>();
  const keys = new Map<string, string>();
  for (const name of fields.keys()) {
    if (taken.includes(name)) continue;
    let { key } = meaningOf(name);
    while (RESERVED.has(key) || given.has(key)) key += '_';
    given.add(key);
    keys.set(name, key);
  }
  return {
    taken,
    keys,
    settled: wanted.every((rank, group) => rank === Number.POSITIVE_INFINITY || rank > ranks[group]!),
  };
}

/** Takes the fields of a line, by their names as written, the last of a name counts. */
export function matchFields(line: string, fields: ReadonlyMap<string, Field>): Match {
  const { taken, keys } = rolesOf(fields);
  const members = Array.from(keys, ([name, key]): Member => {
    const { text, raw } = fields.get(name)!;
    return raw === undefined ? [key, text] : [key, raw, 'json'];
  });
  const values = taken.map((name) => (name === undefined ? undefined : fields.get(name)!.text));
  // Without a message of its own a line has said everything in its fields.
  values[FIELD_GROUPS.indexOf('msg')] ??= '';
  return Object.assign([line, ...values], { fields: members });
}

/** Whether the header can do something with it: no object, and for a time something that can be read. */
function suits(group: string, text: string, raw: string | undefined): boolean {
  const number = raw !== undefined && /^-?\d/.test(raw);
  if (text === '' || (raw !== undefined && !number)) return false;
  if (group === 'time') return isWrittenTime(text);
  return number ? group === 'level' || group === 'pid' : true;
}
