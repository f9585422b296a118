/** What a record can be asked for by name: the properties of templates, and what the groups of the pattern took. */
import { FACILITIES, priorityText, SEVERITIES } from '../wire/priority.ts';
import type { Draft } from './draft.ts';
import { groupOf, type Pattern } from './pattern.ts';
import { bare } from './priority.ts';

/** What a property or group is for a record, in characters as wide as those of the draft's lines. */
export type Value = (draft: Draft) => string;

/** Properties by rsyslog's names for them, and a few of our own. A pattern's groups come beside them. */
const PROPERTIES: Readonly<Record<string, Value>> = {
  hostname: ({ hostname }) => hostname,
  'app-name': ({ appName }) => appName,
  procid: ({ procid }) => procid,
  msgid: () => '-',
  'protocol-version': () => '1',
  syslogtag: ({ appName, procid }) => (procid === '-' ? `${appName}:` : `${appName}[${procid}]:`),
  timestamp: ({ timestamp }) => timestamp,
  timegenerated: ({ readAt }) => new Date(readAt).toISOString(),
  pri: ({ pri }) => String(pri),
  'pri-text': ({ pri }) => `${priorityText(pri)}<${pri}>`,
  syslogfacility: ({ pri }) => String(pri >> 3),
  'syslogfacility-text': ({ pri }) => FACILITIES[pri >> 3]!.name,
  syslogseverity: ({ pri }) => String(pri & 7),
  'syslogseverity-text': ({ pri }) => SEVERITIES[pri & 7]!.name,
};

/** Other names of the same. */
const SYNONYMS: Readonly<Record<string, string>> = {
  ...{ source: 'hostname', fromhost: 'hostname', programname: 'app-name', timereported: 'timestamp' },
  ...{ syslogpriority: 'syslogseverity', 'syslogpriority-text': 'syslogseverity-text' },
  ...{ facility: 'syslogfacility', 'facility-text': 'syslogfacility-text' },
  ...{ severity: 'syslogseverity', 'severity-text': 'syslogseverity-text' },
};

/** Every name that a template may hold beside the groups of a pattern. */
export const PROPERTY_NAMES: readonly string[] = [
  ...['msg', 'json', 'structured-data', 'rawmsg', 'file', 'input'],
  ...Object.keys(PROPERTIES),
  ...Object.keys(SYNONYMS),
];

/** Groups whose value stands without the brackets that the script's have. */
export const BRACKETED: readonly string[] = ['level', 'other', 'pid'];

/** What each named group took, without such brackets; '' where it took nothing. */
export function groupValues({ groups }: Pattern): [name: string, value: Value][] {
  return [...groups].map(([name, numbers]) => {
    const strip = BRACKETED.includes(name);
    const value: Value = ({ match }) => {
      const text = (match && groupOf(match, numbers)) ?? '';
      return strip ? bare(text) : text;
    };
    return [name, value];
  });
}

/** MSG: the group of that name, else the whole line; and all lines joined to it. */
export function messageValue({ groups }: Pattern): Value {
  const msg = groups.get('msg');
  return ({ match, line, more }) => ((match && groupOf(match, msg)) ?? line) + more;
}

/** Finds a value by name, in lower case; a property goes before a group of the same name. Undefined where there is neither. */
export function createValues(pattern: Pattern, input: string): (name: string) => Value | undefined {
  const groups = groupValues(pattern).map(([name, value]): [string, Value] => [name.toLowerCase(), value]);
  const values = new Map<string, Value>([
    ...groups,
    ...Object.entries(PROPERTIES),
    ['rawmsg', ({ line, more }) => line + more],
    ['file', (draft) => asIn(draft, draft.path)],
    ['input', (draft) => asIn(draft, input)],
  ]);
  for (const [name, other] of Object.entries(SYNONYMS)) values.set(name, values.get(other)!);
  return (name) => values.get(name) ?? (pattern.anyField ? fieldValue(name) : undefined);
}

/** A field that the line names itself. */
function fieldValue(name: string): Value {
  return ({ match }) => match?.fields?.find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
}

/** A text that is no part of the line, in characters as wide as those of the draft's lines. */
function asIn(draft: Draft, text: string): string {
  return draft.wide ? text : Buffer.from(text).toString('latin1');
}
