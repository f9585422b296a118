/**
 * `[limit]`: the most records of an owner and a severity that go out, as a rate or as one of so many. What is left out is dropped
 * by a stated policy: it is counted, and a record says how many it was. Without a rule nothing is dropped.
 */

import type { LimitRule } from '../types.ts';
import { SEVERITIES, severityNumber } from '../wire/priority.ts';
import { parseDuration } from '../wire/units.ts';
import type { OwnRecord } from './own.ts';
import { copied } from './text.ts';

export type Limiter = {
  /** Whether a record goes out; else it is counted as suppressed. `now`: when its line was read, ms. */
  passes(owner: string, pri: number, now: number): boolean;
  /** What was suppressed and not told yet, where it is time to tell it: once in `TELL_EVERY`. */
  untold(now: number): Suppressed[];
};

/** So many records of an owner, of one priority at least, were left out by the rule of that name. */
type Suppressed = {
  readonly owner: string;
  readonly pri: number;
  readonly records: number;
  readonly rule: string;
};

/** How often a record tells what was suppressed, ms. */
const TELL_EVERY = 10_000;
/** Of how many owners and severities something is remembered; those beyond that share one allowance until the next telling. */
const REMEMBERED = 4096;

type Allowance = {
  readonly rule: LimitRule;
  readonly owner: string;
  pri: number;
  tokens: number;
  at: number;
  seen: number;
  suppressed: number;
};

/** Undefined where there are no rules. The first rule that fits decides. */
export function createLimiter(rules: readonly LimitRule[]): Limiter | undefined {
  if (rules.length === 0) return undefined;
  const allowances = new Map<string, Allowance | undefined>();
  /** When the first one was suppressed that is not told yet, ms. */
  let since: number | undefined;

  function allowanceOf(owner: string, severity: number): Allowance | undefined {
    const key = `${severity} ${owner}`;
    if (allowances.has(key)) return allowances.get(key);
    const rule = rules.find((one) => fits(one, owner, severity));
    if (allowances.size >= REMEMBERED) {
      if (since !== undefined) return rule && shared(rule, severity);
      allowances.clear();
    }
    return add(key, rule, owner);
  }

  function add(key: string, rule: LimitRule | undefined, owner: string): Allowance | undefined {
    const fresh = rule && {
      rule,
      owner: copied(owner),
      pri: 0,
      tokens: rule.most,
      at: Number.NEGATIVE_INFINITY,
      seen: 0,
      suppressed: 0,
    };
    allowances.set(key, fresh);
    return fresh;
  }

  /** What is left for owners of whom nothing more can be remembered. */
  function shared(rule: LimitRule, severity: number): Allowance | undefined {
    const key = `${severity} * ${rule.name}`;
    return allowances.get(key) ?? add(key, rule, '-');
  }

  return {
    passes(owner, pri, now) {
      const allowance = allowanceOf(owner, pri & 7);
      if (!allowance || takes(allowance, now)) return true;
      since ??= now;
      allowance.pri = pri;
      allowance.suppressed += 1;
      return false;
    },
    untold(now) {
      if (since === undefined || Math.abs(now - since) < TELL_EVERY) return [];
      since = undefined;
      const rows: Suppressed[] = [];
      for (const one of allowances.values()) {
        if (!one?.suppressed) continue;
        rows.push({ owner: one.owner, pri: one.pri, records: one.suppressed, rule: one.rule.name });
        one.suppressed = 0;
      }
      if (allowances.size >= REMEMBERED) allowances.clear();
      return rows;
    },
  };
}

function fits({ owner, severity }: LimitRule, name: string, number: number): boolean {
  return (owner === '*' || owner === name) && (severity === undefined || severity === number);
}

/** A token bucket that holds what one span brings, or one of so many. */
function takes(allowance: Allowance, now: number): boolean {
  const { rule } = allowance;
  if (rule.span === undefined) {
    allowance.seen += 1;
    return (allowance.seen - 1) % rule.most === 0;
  }
  const passed = allowance.at === Number.NEGATIVE_INFINITY ? 0 : Math.max(0, now - allowance.at);
  allowance.tokens = Math.min(rule.most, allowance.tokens + (passed * rule.most) / rule.span);
  allowance.at = now;
  if (allowance.tokens < 1) return false;
  allowance.tokens -= 1;
  return true;
}

/** Reads `OWNER`, `OWNER.SEVERITY` or `*.SEVERITY`. What stands behind the last dot is a severity only if it is one. */
export function readLimitKey(key: string): Pick<LimitRule, 'owner' | 'severity'> {
  const dot = key.lastIndexOf('.');
  const word = key.slice(dot + 1);
  const severity = dot > 0 ? severityNumber(word) : undefined;
  const split = dot > 0 && (word === '*' || severity !== undefined);
  return split ? { owner: key.slice(0, dot), severity } : { owner: key, severity: undefined };
}

/** More than a million million records, or a span of more than a year, is a slip and no limit. */
const MOST = 1e12;
const LONGEST = 366 * 86_400_000;

/** Reads `100/s`, `1000/5m`, `1 in 10`. Throws an Error with a sentence. */
export function readLimit(text: string): Pick<LimitRule, 'most' | 'span'> | undefined {
  if (text === 'none') return undefined;
  const sample = /^1 in ([1-9]\d*)$/.exec(text)?.[1];
  if (sample !== undefined) return { most: sensible(text, Number(sample)), span: undefined };
  const [, most, span = ''] = /^([1-9]\d*) ?\/ ?(\d*\w+)$/.exec(text) ?? [];
  if (most === undefined) throw new Error(`'${text}' is no limit. Write 100/s, 1000/5m, 1 in 10, or none`);
  const ms = parseDuration(/^\d/.test(span) ? span : `1${span}`);
  if (ms === 0)
    throw new Error(`'${text}' has a span of nothing. Write the time behind the stroke, such as ${most}/s, or none`);
  if (ms > LONGEST) throw new Error(`'${text}' has a span of more than a year. Write a shorter one, or none`);
  return { most: sensible(text, Number(most)), span: ms };
}

function sensible(text: string, most: number): number {
  if (most > MOST) throw new Error(`'${text}' is more than any file can bring. Write a smaller number, or none`);
  return most;
}

/** The record that tells of suppressed ones. */
export function suppressedRecord({ owner, pri, records, rule }: Suppressed): OwnRecord {
  const severity = SEVERITIES[pri & 7]!.name;
  const were = records === 1 ? 'record of it was' : 'records of it were';
  return {
    severity: 'notice',
    msg: `${owner}.${severity}: ${records} ${were} suppressed by [limit] ${rule}`,
    params: [
      ['suppressed', String(records)],
      ['owner', owner],
      ['severity', severity],
    ],
  };
}
