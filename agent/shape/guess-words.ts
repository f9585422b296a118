/** Words that lines begin with, and what they mean. */

import { severityNumber } from '../wire/priority.ts';
import { levelOptions } from './options.ts';

const LETTERS = 'VDINWEFC';

/** The severity of a level word as it is known without any configuration; undefined for any other word. */
export function severityOfWord(word: string): number | undefined {
  const upper = word.toUpperCase();
  if (Object.hasOwn(levelOptions, upper)) return severityNumber(levelOptions[upper]!.default);
  return word.length === 1 && LETTERS.includes(word) ? 6 : undefined;
}

/** Lines that go on with the record before them, as stack traces do. */
export function continues(line: string): boolean {
  return /^(?:\s|$|Caused by: |Suppressed: |Traceback |Exception in thread |During handling of |The above exception |\}|\.{3} \d+ more|[\w.$]+(?:Exception|Error|Interrupt)\b(?::|$))/.test(
    line,
  );
}
