/** What `tailship check` says of the patterns: those that may take for ever on some lines are named. */
import { sectionText } from './config-names.ts';
import { fine, type Placed, placeOf, type Said, warning } from './findings.ts';
import type { Loaded } from './sections.ts';
import { compilePattern } from './shape/pattern.ts';

export function checkPatterns(loaded: Loaded): Placed[] {
  return loaded.config.inputs.map(({ name, named, transform }) => {
    const where = placeOf(loaded, sectionText('transform', named ? name : undefined), 'pattern');
    return { ...about(name, compilePattern(transform.pattern).risky), where };
  });
}

function about(input: string, risky: boolean): Said {
  if (!risky) return fine(`The pattern of input ${input} compiles, and is linear in a line's length.`);
  return warning(
    'pattern-risky',
    `The pattern of input ${input} has no linear form, so there may be lines on which it takes for ever. It is interrupted on them and set aside after ten of them; lines are then shipped whole, with SLOW in their JSON.`,
    'Write it without lookahead, back-references and counts of repeated pieces such as (\\w{1,20} ?)*.',
  );
}
