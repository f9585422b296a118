/** The JSON of a record: which members it has, and their text. */
import type { RecordConfig, Template } from '../types.ts';
import type { Draft, Member } from './draft.ts';
import { HEADER_GROUPS } from './header.ts';
import type { JsonStyle } from './json.ts';
import { groupOf, type Pattern } from './pattern.ts';
import { bare } from './priority.ts';
import { isAscii, isBytewise, namesFile, render } from './template.ts';
import { BRACKETED, groupValues, messageValue, type Value } from './values.ts';

/** The key whose value may be spread over several messages. */
export const MESSAGE = 'MSG';

export type JsonWriter = {
  /** The JSON of a record without extras; each character as wide as those of the draft's lines. */
  write(draft: Draft): string;
  /** All members, sorted by key, the extras among them. */
  members(draft: Draft): Member[];
  /** True where all that it adds to a line is ASCII, so that one character is one byte where the line is. */
  readonly ascii: boolean;
  /** True where a line gives the same whether it is seen as text or as bytes of UTF-8. */
  readonly bytewise: boolean;
  /** The members in order, where the value of each is a piece of the line as it stands, or always the same; else undefined. */
  readonly pieces: readonly Piece[] | undefined;
};

/** Where a member's value comes from. One that is not `always` there is left out when it is empty. */
type Slot = {
  readonly key: string;
  readonly always: boolean;
  readonly value: Value;
  readonly source: Source | undefined;
};

/** The bytes of a value: what the group of that name took; the line where it took no part; or always the same text. */
type Source =
  | { readonly group: string; readonly otherwise: 'nothing' | 'line'; readonly bare: boolean }
  | { readonly text: string };

/** A member of which only the value is still to be found, with what stands before it as the first one and as another. */
export type Piece = {
  readonly key: string;
  readonly source: Source;
  readonly always: boolean;
  readonly first: string;
  readonly next: string;
};

/** The members of `[fields]`, and what their properties are. */
export type Added = {
  readonly fields: ReadonlyMap<string, Template>;
  readonly values: (name: string) => Value | undefined;
};

export function createJsonWriter(pattern: Pattern, record: RecordConfig, style: JsonStyle, added: Added): JsonWriter {
  const templates = [...added.fields.values()];
  const slots = slotsOf(pattern, record, added).map((slot) => {
    const key = `"${style.escape(slot.key)}"${style.colon}"`;
    // What a template says besides the line may need an escape where the line needs none.
    return { ...slot, first: `{${key}`, next: `"${style.comma}${key}`, plain: !added.fields.has(slot.key) };
  });
  // The script's form escapes whole characters, so it must not see the bytes of a file's name.
  const named = record.format === 'script' && templates.some(namesFile);
  const ascii = !named && templates.every(isAscii) && slots.every(({ first }) => /^[ -~]*$/.test(first));
  const pieces = slots.flatMap(({ source, ...slot }) => (source ? { ...slot, source } : []));
  return {
    write(draft) {
      let text = '';
      for (const slot of slots) {
        const value = slot.value(draft);
        if (value === '' && !slot.always) continue;
        text += text === '' ? slot.first : slot.next;
        text += draft.clean && slot.plain ? value : style.escape(value);
      }
      return text === '' ? '{}' : `${text}"}`;
    },
    members(draft) {
      const members = new Map<string, Member>();
      for (const { key, always, value } of slots) {
        const text = value(draft);
        if (always || text !== '') members.set(key, [key, text]);
      }
      for (const member of draft.extras) members.set(member[0], member);
      return sorted([...members.values()]);
    },
    ascii,
    bytewise: ascii && templates.every(isBytewise),
    pieces: pieces.length === slots.length ? pieces : undefined,
  };
}

/** Writes members as they stand. */
export function writeMembers(members: readonly Member[], style: JsonStyle): string {
  const texts = members.map(([key, value, kind]) => {
    const written = kind === 'json' ? value : `"${style.escape(value)}"`;
    return `"${style.escape(key)}"${style.colon}${written}`;
  });
  return `{${texts.join(style.comma)}}`;
}

export function sorted(members: Member[]): Member[] {
  return members.sort(([a], [b]) => (a < b ? -1 : 1));
}

function slotsOf(pattern: Pattern, record: RecordConfig, added: Added): Slot[] {
  const groups = groupSlots(pattern);
  const fields = addedSlots(added);
  const script = scriptSlots(pattern, record.format === 'script');
  const message = script.filter(({ key }) => key === MESSAGE);
  const own = groups.filter(({ key }) => key !== 'PRI' && !HEADER_GROUPS.includes(key.toLowerCase()));
  let slots: Slot[];
  if (record.format === 'script') slots = [...script, ...fields];
  else if (record.json === 'own') slots = [...own, ...message, ...fields];
  else if (record.json === 'all') slots = [...own, ...script, ...fields];
  else {
    const { json } = record;
    const always = (slot: Slot) => slot.key === MESSAGE;
    const chosen = [...groups, ...script, ...fields].filter(({ key }) =>
      json.some((name) => name.toUpperCase() === key),
    );
    slots = chosen.map((slot) => ({ ...slot, always: always(slot) }));
  }
  // Where a group of the operator's own has the name of one of the script's keys, that key means what the script's does.
  const byKey = new Map(slots.map((slot) => [slot.key, slot]));
  return [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function addedSlots({ fields, values }: Added): Slot[] {
  return [...fields].map(([key, template]) => ({
    key,
    always: false,
    value: (draft) => render(template, (name) => values(name)?.(draft)),
    source: constant(template),
  }));
}

/** Of a template that says nothing of the record. */
function constant(template: Template): Source | undefined {
  const [only = '', ...others] = template;
  return typeof only === 'string' && others.length === 0 ? { text: only } : undefined;
}

/** One for each named group, upper-cased. */
function groupSlots(pattern: Pattern): Slot[] {
  return [...groupValues(pattern)].map(([name, value]) => ({
    ...{ key: name.toUpperCase(), always: false, value },
    source: { group: name, otherwise: 'nothing', bare: BRACKETED.includes(name) },
  }));
}

/** The five keys of the script. In its own format PID keeps its brackets. */
function scriptSlots(pattern: Pattern, brackets: boolean): Slot[] {
  const [time, host, owner, pid] = HEADER_GROUPS.map((name) => pattern.groups.get(name));
  const take = ({ match }: Draft, numbers: readonly number[] | undefined) => (match && groupOf(match, numbers)) ?? '';
  const values: Readonly<Record<string, Slot['value']>> = {
    HEADER(draft) {
      const when = take(draft, time);
      const where = take(draft, host);
      return when === '' || where === '' ? when + where : `${when} ${where}`;
    },
    [MESSAGE]: messageValue(pattern),
    OWNER: (draft) => take(draft, owner),
    PID: (draft) => (brackets ? take(draft, pid) : bare(take(draft, pid))),
    PRI: (draft) => String(draft.pri),
  };
  const message: Source = { group: 'msg', otherwise: 'line', bare: false };
  return Object.entries(values).map(([key, value]) => ({
    ...{ key, always: true, value },
    source: key === MESSAGE ? message : undefined,
  }));
}
