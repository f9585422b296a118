/**
 * Selectors as rsyslog has them (rsyslog.conf(5), "Selectors"): `*.info;mail.none`, `kern,mail.err`, `*.=debug;*.!=warning`.
 * Parts are read from left to right, and a later one changes what the earlier ones chose.
 */
import type { Selection } from '../types.ts';
import { FACILITIES, facilityNumber, SEVERITIES, severityNumber } from '../wire/priority.ts';

const ALL = 0xff;

/** The selection of `*.*`. */
export const EVERYTHING: Selection = FACILITIES.map(() => ALL);

/** Whether a PRI is chosen. */
export function selects(selection: Selection, pri: number): boolean {
  return (selection[pri >> 3]! & (1 << (pri & 7))) !== 0;
}

/** Reads a selector. Throws an Error whose sentence names the part that cannot be read, with the cure. */
export function readSelector(text: string): Selection {
  const selection: number[] = FACILITIES.map(() => 0);
  for (const part of text.split(';')) apply(selection, part.trim());
  return selection;
}

function apply(selection: number[], part: string): void {
  const [, names, not, only, word] = /^([^.\s]+)\.(!?)(=?)([^.\s!=]+)$/.exec(part) ?? [];
  if (names === undefined || word === undefined) {
    throw new Error(
      `'${part}' is no part of a selector. Write FACILITY.SEVERITY, such as mail.info, *.err or cron.none`,
    );
  }
  const clears = (not === '!') !== (word === 'none');
  const bits = bitsOf(word, only === '=', part);
  for (const facility of facilitiesOf(names, part)) {
    if (clears) selection[facility]! &= ~bits;
    else selection[facility]! |= bits;
  }
}

/** The severities that a word is about: that one and all that are more urgent, or with `=` that one alone. */
function bitsOf(word: string, only: boolean, part: string): number {
  if (word === '*' || word === 'none') {
    if (only) throw new Error(`'=' in '${part}' means one severity, and ${word} is none. Leave the = out`);
    return ALL;
  }
  const severity = severityNumber(word);
  if (severity === undefined) {
    const names = SEVERITIES.map(({ name }) => name).join(' ');
    throw new Error(`'${word}' in '${part}' is no severity. Write one of ${names}, *, or none`);
  }
  return only ? 1 << severity : (2 << severity) - 1;
}

function facilitiesOf(names: string, part: string): number[] {
  return names.split(',').flatMap((name) => {
    if (name === '*') return [...FACILITIES.keys()];
    const facility = facilityNumber(name);
    if (facility !== undefined) return [facility];
    const known = FACILITIES.map((one) => one.name).join(' ');
    throw new Error(`'${name}' in '${part}' is no facility. Write one of ${known}, a number, or *`);
  });
}
