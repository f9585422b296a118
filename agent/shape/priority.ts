/** PRI: facility and severity of a record, and the rule that decided each. */

import type { PriorityRule, TransformConfig } from '../types.ts';
import { facilityNumber, severityNumber } from '../wire/priority.ts';
import { copied } from './text.ts';

/**
 * How a level is read that is a number and stands in no `[levels]`: as RFC 5424 numbers severities, as pino and bunyan
 * number levels, or as Python's logging does. 0 to 7 are syslog's in every scale.
 */
export type Scale = 'syslog' | 'pino' | 'python';

/** PRI by what the pattern took: owner and level word, either may be empty, and a PRI that the line itself carries. */
export type Priorities = (owner: string, level: string, pri?: string) => number;

/** Facility and severity, and in words what decided each. */
export type Decision = {
  readonly facility: number;
  readonly severity: number;
  readonly facilityBy: string;
  readonly severityBy: string;
};

type Rules = Pick<TransformConfig, 'levels' | 'owners'>;

const USER = facilityNumber('user')!;
const INFO = severityNumber('info')!;
/** Up to so many strings are found faster one by one than by hashing a string that was cut from a line a moment ago. */
const FEW = 16;
/** So many strings are remembered. */
const MANY = 4096;
const MOST_PRI = 191;

/** What single letters stand for, as Android, glog and MongoDB write them. */
const LETTERS: Readonly<Record<string, string>> = {
  ...{ A: 'alert', C: 'crit', D: 'debug', E: 'err', F: 'crit', I: 'info', N: 'notice', T: 'debug', V: 'debug' },
  W: 'warning',
};

/** The least number of each severity, the gravest first. */
const SCALES: Readonly<Record<Scale, readonly (readonly [from: number, severity: string])[]>> = {
  syslog: [],
  pino: [
    [60, 'crit'],
    [50, 'err'],
    [40, 'warning'],
    [30, 'info'],
    [10, 'debug'],
  ],
  python: [
    [50, 'crit'],
    [40, 'err'],
    [30, 'warning'],
    [20, 'info'],
    [10, 'debug'],
  ],
};

/**
 * PRI = facility * 8 + severity. The facility is the owner's, else that of the line's own PRI, else that of `*`, else user. The
 * severity is the owner's, else the level's, else that of the line's own PRI, else that of `*`, else info: `*` is the last
 * resort for each half. Names and words count in any case, an owner's own name before a glob that it fits.
 */
export function createPriorities(rules: Rules, scale: Scale = 'syslog'): Priorities {
  const resort = rules.owners.get('*');
  const ownerRule = remember((owner) => ruleFor(rules.owners, owner)?.rule);
  const severityOf = remember((level) => readLevel(rules.levels, level, scale));
  return (owner, level, pri = '') => {
    const rule = ownerRule(owner);
    const severity = rule?.severity ?? severityOf(level);
    const own = pri === '' ? undefined : readPri(pri);
    const facility = rule?.facility ?? own?.facility ?? resort?.facility ?? USER;
    return facility * 8 + (severity ?? own?.severity ?? resort?.severity ?? INFO);
  };
}

/** The same for people, with the rule that decided each half. */
export function explainPriority(
  rules: Rules,
  scale: Scale,
  { owner, level, pri }: { readonly owner: string; readonly level: string; readonly pri: string },
): Decision {
  const found = ruleFor(rules.owners, owner);
  const own = pri === '' ? undefined : readPri(pri);
  const choices = (half: 'facility' | 'severity'): readonly (readonly [number | undefined, string])[] => [
    [found?.rule[half], `[owners] ${found?.name}`],
    [half === 'severity' ? readLevel(rules.levels, level, scale) : undefined, `level ${bare(level)}`],
    [own?.[half], `the line's PRI <${pri}>`],
    [rules.owners.get('*')?.[half], '[owners] *'],
  ];
  const decide = (half: 'facility' | 'severity', last: number) =>
    choices(half).find(([value]) => value !== undefined) ?? ([last, 'nothing names one'] as const);
  const [facility = USER, facilityBy] = decide('facility', USER);
  const [severity = INFO, severityBy] = decide('severity', INFO);
  return { facility, severity, facilityBy, severityBy };
}

/** Without the brackets around it, where it has both. */
export function bare(text: string): string {
  const last = text.length - 1;
  return last > 0 && text.charCodeAt(0) === 0x5b && text.charCodeAt(last) === 0x5d ? text.slice(1, last) : text;
}

function readLevel(levels: Rules['levels'], level: string, scale: Scale): number | undefined {
  const word = bare(level).trim().toUpperCase();
  const known = levels.get(word);
  if (known !== undefined || word === '') return known;
  if (/^\d+$/.test(word)) return readNumber(Number(word), scale);
  const letter = Object.hasOwn(LETTERS, word) ? LETTERS[word] : undefined;
  return letter === undefined ? undefined : severityNumber(letter);
}

function readNumber(level: number, scale: Scale): number | undefined {
  if (level <= 7) return level;
  const found = SCALES[scale].find(([from]) => level >= from);
  return found && severityNumber(found[1]);
}

/** The owner's own rule, else one in another case, else that of the glob with the most letters of its own. */
function ruleFor(
  owners: Rules['owners'],
  owner: string,
): { readonly name: string; readonly rule: PriorityRule } | undefined {
  const exact = owners.get(owner);
  if (exact && owner !== '*') return { name: owner, rule: exact };
  const folded = owner.toLowerCase();
  let best: { name: string; rule: PriorityRule; letters: number } | undefined;
  for (const [name, rule] of owners) {
    if (name === '*') continue;
    const wild = /[*?]/.test(name);
    const fits = wild ? globOf(name).test(owner) : name.toLowerCase() === folded;
    const letters = wild ? name.replace(/[*?]/g, '').length : Number.POSITIVE_INFINITY;
    if (fits && (!best || letters > best.letters)) best = { name, rule, letters };
  }
  return best;
}

function globOf(name: string): RegExp {
  const source = name
    .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'is');
}

function readPri(text: string): { readonly facility: number; readonly severity: number } | undefined {
  const pri = Number(text);
  return pri <= MOST_PRI ? { facility: pri >> 3, severity: pri & 7 } : undefined;
}

/** Remembers what strings gave. The keys are copies: a slice would keep its whole line alive. */
function remember<T>(find: (text: string) => T): (text: string) => T {
  const first: string[] = [];
  const given: T[] = [];
  const more = new Map<string, T>();
  return (text) => {
    const at = first.indexOf(text);
    if (at >= 0) return given[at]!;
    const known = more.get(text);
    if (known !== undefined || more.has(text)) return known!;
    const found = find(text);
    const copy = copied(text);
    if (first.length < FEW) {
      first.push(copy);
      given.push(found);
    } else {
      if (more.size >= MANY) more.clear();
      more.set(copy, found);
    }
    return found;
  };
}
