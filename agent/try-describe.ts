/** What the pattern takes from a line, and what follows from that: `tailship try`. */
import { SLOW } from './shape/budget.ts';
import type { Match } from './shape/draft.ts';
import { compilePattern, groupOf, isLost } from './shape/pattern.ts';
import { type Decision, explainPriority } from './shape/priority.ts';
import { createTimestamps } from './shape/time.ts';
import { whyUnmatched } from './shape/whynot.ts';
import { type Hint, hintFor } from './try-hints.ts';
import type { InputConfig } from './types.ts';

/** What the pattern made of a line. */
export type Found = Match | null | typeof SLOW;

export type Taken = {
  readonly text: string;
  readonly outcome: 'matched' | 'unmatched' | 'empty';
  readonly fate: 'ships' | 'joins the record before' | 'dropped' | 'not shipped' | 'not selected';
  /** What each group took, and the fields that the line names itself. */
  readonly groups: Readonly<Record<string, string>>;
  /** The rules that decided facility and severity; undefined where the pattern does not match. */
  readonly decided: Pick<Decision, 'facilityBy' | 'severityBy'> | undefined;
  /** The time as understood, null where it cannot be read, undefined where there is none. */
  readonly time: string | null | undefined;
  /** How far the pattern got, in words and as a column counted from 1; undefined where it matched. */
  readonly why: string | undefined;
  readonly column: number | undefined;
  /** What may help. */
  readonly hint: Hint | undefined;
};

/** `seen`: the line as the pattern sees it, without its secrets. `modified`: the file's time of change, ms. */
export type Describe = (
  line: { readonly text: string; readonly seen: string },
  found: Found,
  modified: number,
) => Taken;

const FATES = { ship: 'ships', drop: 'dropped', join: 'joins the record before' } as const;
const NOTHING = {
  ...{ groups: {}, decided: undefined, time: undefined, why: undefined, column: undefined, hint: undefined },
} as const;

export function createDescribe({ transform }: InputConfig): Describe {
  const { groups, scale } = compilePattern(transform.pattern);
  const timestamps = createTimestamps(transform.timezone, 'rfc5424');

  function matched(text: string, match: Match, modified: number): Taken {
    const take = (name: string) => groupOf(match, groups.get(name)) ?? '';
    const taken = [...groups.keys()].map((name) => [name, take(name)] as const);
    const named = (match.fields ?? []).map(([key, value]) => [key, value] as const);
    const { facilityBy, severityBy } = explainPriority(transform, scale, {
      ...{ owner: take('owner'), level: take('level'), pri: take('pri') },
    });
    return {
      ...{ ...NOTHING, text, outcome: 'matched', fate: 'ships' },
      groups: Object.fromEntries([...taken, ...named].filter(([, value]) => value !== '')),
      decided: { facilityBy, severityBy },
      time: take('time') === '' ? undefined : (timestamps.written(take('time'), modified) ?? null),
    };
  }

  return ({ text, seen }, found, modified) => {
    if (text === '') return { ...NOTHING, text, outcome: 'empty', fate: 'not shipped' };
    const unmatched = { ...NOTHING, text, outcome: 'unmatched' } as const;
    if (found === SLOW) return { ...unmatched, fate: 'ships', why: 'the pattern took longer than a line may take' };
    if (!isLost(found)) return matched(text, found, modified);
    const why = whyUnmatched(transform.pattern, seen);
    return { ...unmatched, ...why, fate: FATES[transform.unmatched], hint: hintFor(seen, transform) };
  };
}
