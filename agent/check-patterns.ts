/** What `tailship check` says of the patterns: those that may take for ever on some lines are named. */
import { sectionText } from './config-names.ts';
import { type Finding, placeOf } from './findings.ts';
import type { Loaded } from './sections.ts';
import { compilePattern } from './shape/pattern.ts';

export function checkPatterns(loaded: Loaded): Finding[] {
  const risky = loaded.config.inputs.filter(({ transform }) => compilePattern(transform.pattern).risky);
  return risky.map(({ name, named }) => ({
    level: 'warning',
    what: `The pattern of input ${name} has no linear form, so there may be lines on which it takes for ever. It is interrupted on them and set aside after ten of them; lines are then shipped whole, with SLOW in their JSON.`,
    where: placeOf(loaded, sectionText('transform', named ? name : undefined), 'pattern'),
    cure: 'Write it without lookahead, back-references and counts of repeated pieces such as (\\w{1,20} ?)*.',
  }));
}
