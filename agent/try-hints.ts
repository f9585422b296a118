/**
 * What may help with a line that the pattern does not match: another built-in, a setting, or a pattern to begin with. A pattern
 * is only proposed after it was tried on the line. Pure.
 */
import { guessPattern } from './shape/guess.ts';
import { continues } from './shape/guess-words.ts';
import { settingText } from './suggest-text.ts';
import type { TransformConfig } from './types.ts';

const OWN =
  'No built-in pattern fits. A regex of your own can take it apart: [transform] pattern with the groups time, host, owner, pid, level, other and msg, as many as there are.';

/** A sentence, and the line of the configuration that it proposes where it does. */
export type Hint = {
  readonly sentence: string;
  readonly setting: string | undefined;
  /** True where another pattern would take the place of the present one: no advice for a file that mostly matches. */
  readonly replaces: boolean;
};

/** Undefined where a line that is not matched is as it should be: it joins the record before. */
export function hintFor(line: string, transform: TransformConfig): Hint | undefined {
  if (continues(line)) {
    if (transform.unmatched === 'join') return undefined;
    const sentence =
      'It looks like a continuation of the line before, as in a stack trace. To keep them in one record:';
    return { sentence, setting: 'unmatched = join', replaces: false };
  }
  const { best } = guessPattern([line]);
  if (best === undefined) return { sentence: OWN, setting: undefined, replaces: true };
  const sentence =
    'builtin' in best.pattern
      ? `The built-in pattern ${best.pattern.builtin} matches it.`
      : 'A pattern to begin with, which matches it:';
  return { sentence, setting: settingText(best.pattern), replaces: true };
}
