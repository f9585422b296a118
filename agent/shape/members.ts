/** The JSON of a record: which members it has, and their text. */
import type { RecordConfig } from '../types.ts';
import type { Draft, Member } from './draft.ts';
import { HEADER_GROUPS } from './header.ts';
import type { JsonStyle } from './json.ts';
import { groupOf, type Pattern } from './pattern.ts';
import { bare } from './priority.ts';

/** The key whose value may be spread over several messages. */
export const MESSAGE = 'MSG';

export type JsonWriter = {
  /** The JSON of a record without extras; each character as wide as those of the draft's lines. */
  write(draft: Draft): string;
  /** All members, sorted by key, the extras among them. */
  members(draft: Draft): Member[];
  /** True where every key is ASCII, so that one character is one byte. */
  readonly ascii: boolean;
};

/** Where a member's value comes from. One that is not `always` there is left out when it is empty. */
type Slot = { readonly key: string; readonly always: boolean; readonly value: (draft: Draft) => string };

export function createJsonWriter(pattern: Pattern, record: RecordConfig, style: JsonStyle): JsonWriter {
  const slots = slotsOf(pattern, record).map((slot) => {
    const key = `"${style.escape(slot.key)}"${style.colon}"`;
    return { ...slot, first: `{${key}`, next: `"${style.comma}${key}` };
  });
  return {
    write(draft) {
      let text = '';
      for (const slot of slots) {
        const value = slot.value(draft);
        if (value === '' && !slot.always) continue;
        text += text === '' ? slot.first : slot.next;
        text += draft.clean ? value : style.escape(value);
      }
      return text === '' ? '{}' : `${text}"}`;
    },
    members(draft) {
      const members = new Map<string, string>();
      for (const { key, always, value } of slots) {
        const text = value(draft);
        if (always || text !== '') members.set(key, text);
      }
      for (const [key, value] of draft.extras) members.set(key, value);
      return sorted([...members]);
    },
    ascii: slots.every(({ first }) => /^[ -~]*$/.test(first)),
  };
}

/** Writes members as they stand. */
export function writeMembers(members: readonly Member[], style: JsonStyle): string {
  const texts = members.map(([key, value]) => `"${style.escape(key)}"${style.colon}"${style.escape(value)}"`);
  return `{${texts.join(style.comma)}}`;
}

export function sorted(members: Member[]): Member[] {
  return members.sort(([a], [b]) => (a < b ? -1 : 1));
}

function slotsOf(pattern: Pattern, record: RecordConfig): Slot[] {
  const fields = fieldSlots(pattern);
  const script = scriptSlots(pattern, record.format === 'script');
  const message = script.filter(({ key }) => key === MESSAGE);
  const own = fields.filter(({ key }) => !HEADER_GROUPS.includes(key.toLowerCase()));
  let slots: Slot[];
  if (record.format === 'script') slots = script;
  else if (record.json === 'own') slots = [...own, ...message];
  else if (record.json === 'all') slots = [...own, ...script];
  else {
    const { json } = record;
    const always = (slot: Slot) => slot.key === MESSAGE;
    const chosen = [...fields, ...script].filter(({ key }) => json.some((name) => name.toUpperCase() === key));
    slots = chosen.map((slot) => ({ ...slot, always: always(slot) }));
  }
  // Where a group of the operator's own has the name of one of the script's keys, that key means what the script's does.
  const byKey = new Map(slots.map((slot) => [slot.key, slot]));
  return [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** One for each named group, upper-cased. */
function fieldSlots({ groups }: Pattern): Slot[] {
  const bracketed = ['level', 'other', 'pid'];
  return [...groups].map(([name, numbers]) => {
    const strip = bracketed.includes(name);
    return {
      key: name.toUpperCase(),
      always: false,
      value({ match }) {
        const text = (match && groupOf(match, numbers)) ?? '';
        return strip ? bare(text) : text;
      },
    };
  });
}

/** The five keys of the script. In its own format PID keeps its brackets. */
function scriptSlots({ groups }: Pattern, brackets: boolean): Slot[] {
  const [time, host, owner, pid, msg] = [...HEADER_GROUPS, 'msg'].map((name) => groups.get(name));
  const take = ({ match }: Draft, numbers: readonly number[] | undefined) => (match && groupOf(match, numbers)) ?? '';
  const values: Readonly<Record<string, Slot['value']>> = {
    HEADER(draft) {
      const when = take(draft, time);
      const where = take(draft, host);
      return when === '' || where === '' ? when + where : `${when} ${where}`;
    },
    [MESSAGE]: ({ match, line, more }) => ((match && groupOf(match, msg)) ?? line) + more,
    OWNER: (draft) => take(draft, owner),
    PID: (draft) => (brackets ? take(draft, pid) : bare(take(draft, pid))),
    PRI: (draft) => String(draft.pri),
  };
  return Object.entries(values).map(([key, value]) => ({ key, always: true, value }));
}
