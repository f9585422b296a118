/**
 * Learns outlines from lines of JSON and logfmt: all that the line is but its values, which most lines of a program have in common. So a
 * line that has the same keys in the same order can be taken apart by a scanner.
 */
import { FIELD_GROUPS, type Field, rolesOf, type See } from './fields.ts';
import { readMembers } from './jsonline.ts';
import { readPairs } from './logfmt.ts';
import { CLEAN, ESCAPED, literal, type Outline, type OutlineMember, outlineOf } from './outline.ts';

/** Of a longer line nothing is learnt, nor where the expression gets longer: a scanner of that length takes some 30 ms to make. */
const LONGEST = 4096;
const LONGEST_SOURCE = 8192;

const NUMBER = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const JSON_VALUE = `(?:"(?:${CLEAN}|${ESCAPED})*"|${NUMBER}|true|false|null)`;
/** In logfmt fewer escapes mean the same as in JSON. */
const PAIR_ESCAPED = String.raw`\\["\\nrt]`;
const UNQUOTED = String.raw`[^\s"\\\x00-\x1f\x7f]`;

/** Where the value of a name stands in the line. */
type Place = { readonly name: string; readonly begin: number; readonly end: number };

/** The expressions for the values of a format. */
type Format = {
  /** A value that is not empty, of the kind that this one is, as group `name`. `escaped`: escapes may stand in it. */
  readonly header: (field: Field, name: string, escaped: boolean) => string;
  /** Any value, as group `name`. */
  readonly member: (written: string, name: string) => string | undefined;
  /** Whether the group of a member takes JSON. */
  readonly json: boolean;
};

const JSON_FORMAT: Format = {
  header: ({ raw }, name, escaped) =>
    raw === undefined ? quoted(name, escaped ? ESCAPED : undefined) : `(?<${name}>${NUMBER})`,
  member(written, name) {
    const value = /^[[{]/.test(written) ? skeleton(written) : JSON_VALUE;
    return value && `(?<${name}>${value})`;
  },
  json: true,
};

const PAIR_FORMAT: Format = {
  header: (_, name, escaped) => `(?:${quoted(name, escaped ? PAIR_ESCAPED : undefined)}|(?<${name}>${UNQUOTED}+))`,
  member: (_, name) => `(?:"(?<${name}>(?:${CLEAN}|${PAIR_ESCAPED})*)"|(?<${name}>${UNQUOTED}*))`,
  json: false,
};

/** A string with something in it. */
function quoted(name: string, escaped: string | undefined): string {
  if (escaped === undefined) return `"(?<${name}>${CLEAN}+)"`;
  return `"(?<${name}>(?:${CLEAN}+|${escaped})(?:${CLEAN}|${escaped})*)"`;
}

/** A key with its colon, or a value that is neither an object nor an array. */
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|-?\d[\d.eE+-]*|true|false|null/g;

/** An object or an array with other values in the place of its own. */
function skeleton(written: string): string | undefined {
  const pieces: (string | undefined)[] = [];
  let at = 0;
  for (const { index, 0: token, 1: colon } of written.matchAll(TOKEN)) {
    if (colon !== undefined) continue;
    pieces.push(literal(written.slice(at, index)), JSON_VALUE);
    at = index + token.length;
  }
  pieces.push(literal(written.slice(at)));
  return pieces.includes(undefined) ? undefined : pieces.join('');
}

export function learnJson(line: string): Outline | undefined {
  return line.length > LONGEST ? undefined : learn(line, JSON_FORMAT, (see) => readMembers(line, see));
}

export function learnLogfmt(line: string): Outline | undefined {
  return line.length > LONGEST ? undefined : learn(line, PAIR_FORMAT, (see) => readPairs(line, see));
}

type Read = (see: See) => ReadonlyMap<string, Field> | undefined;

function learn(line: string, format: Format, read: Read): Outline | undefined {
  const places: Place[] = [];
  const fields = read((name, begin, end) => places.push({ name, begin, end }));
  // Of a name that is there twice the last one counts.
  if (!fields || places.length !== fields.size) return undefined;
  const roles = rolesOf(fields);
  if (!roles.settled) return undefined;
  const members: OutlineMember[] = [];
  const values = places.map(({ name, begin, end }, i) => {
    const field = fields.get(name)!;
    const group = FIELD_GROUPS[roles.taken.indexOf(name)];
    if (group !== undefined) return format.header(field, group, group === 'msg');
    const key = roles.keys.get(name)!;
    const flag = begin === end ? field.raw : undefined;
    members.push(flag === undefined ? { key, json: format.json, group: `m${i}` } : { key, json: true, text: flag });
    return flag === undefined ? format.member(line.slice(begin, end), `m${i}`) : '';
  });
  const between = places.map(({ begin }, i) => literal(line.slice(places[i - 1]?.end ?? 0, begin)));
  const rest = literal(line.slice(places.at(-1)?.end ?? 0));
  // A line without a message has an empty one.
  const message = roles.taken[FIELD_GROUPS.indexOf('msg')] === undefined ? '(?<msg>)' : '';
  const all = ['^', message, ...values.flatMap((value, i) => [between[i], value]), rest, '$'];
  const source = all.join('');
  return all.includes(undefined) || source.length > LONGEST_SOURCE ? undefined : outlineOf(source, true, members);
}
