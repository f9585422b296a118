import type { TransformConfig } from '../types.ts';
import { facilityNumber, severityNumber } from '../wire/priority.ts';

/** PRI by owner and level word, as the pattern took them; either may be empty. */
export type Priorities = (owner: string, level: string) => number;

const USER = facilityNumber('user')!;
const INFO = severityNumber('info')!;
/** Up to so many strings are found faster one by one than by hashing a string that was cut from a line a moment ago. */
const FEW = 16;

/**
 * PRI = facility * 8 + severity. The facility is the owner's, else that of `*`, else user. The severity is the owner's, else
 * the level's, else that of `*`, else info: `*` is the last resort for each half. A level word is looked up without its
 * brackets, in any case.
 */
export function createPriorities({ levels, owners }: Pick<TransformConfig, 'levels' | 'owners'>): Priorities {
  const resort = owners.get('*');
  const names = [...owners.keys()];
  const rules = [...owners.values()];
  /** The first level words that came, as written, and their severities. */
  const words: string[] = [];
  const severities: (number | undefined)[] = [];

  function severityOf(level: string): number | undefined {
    const known = words.indexOf(level);
    if (known >= 0) return severities[known];
    const severity = levels.get(bare(level).toUpperCase());
    if (words.length < FEW) {
      // A copy: the word is a slice that would keep its whole line alive.
      words.push(Buffer.from(level).toString());
      severities.push(severity);
    }
    return severity;
  }

  return (owner, level) => {
    const rule = names.length <= FEW ? rules[names.indexOf(owner)] : owners.get(owner);
    const facility = rule?.facility ?? resort?.facility ?? USER;
    return facility * 8 + (rule?.severity ?? severityOf(level) ?? resort?.severity ?? INFO);
  };
}

/** Without the brackets around it, where it has both. */
export function bare(text: string): string {
  const last = text.length - 1;
  return last > 0 && text.charCodeAt(0) === 0x5b && text.charCodeAt(last) === 0x5d ? text.slice(1, last) : text;
}
