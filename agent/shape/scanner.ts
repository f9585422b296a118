/**
 * A pattern as a scanner of bytes: what runs for most lines in the place of the regular expression, without making a string.
 *
 * It goes the way that the expression would try first: spans take all they can, branches are tried in order. Where that way leads
 * to the end it is the match. Where it does not, the scanner gives up and the expression itself has the word. So a scanner is
 * never wrong, only sometimes of no use.
 *
 * It is made from the expression's syntax tree (scan-parts.ts), as a function of JavaScript in whose text nothing of the expression
 * stands, only numbers. Expressions with lookaround and back-references have none.
 */
import { RegExpParser } from '@eslint-community/regexpp';
import { createCode, type Scanner } from './scan-code.ts';
import { partOf } from './scan-parts.ts';
import { GIVE_UP, NoScanner } from './scan-spans.ts';

/**
 * The scanner of an expression that compiles; undefined where it has none. Flags other than `s` have none either. Of the groups in one
 * list of `same`, of which one at most takes part, the first stands for all. Its bounds have `more` numbers behind those of the groups.
 */
export function createScanner(
  { source, flags }: Pick<RegExp, 'source' | 'flags'>,
  same: Iterable<readonly number[]> = [],
  more = 0,
): Scanner | undefined {
  if (flags !== 's') return undefined;
  const code = createCode([...same]);
  try {
    const tree = new RegExpParser({ ecmaVersion: 2025 }).parsePattern(source, 0, source.length);
    return code.compile(partOf(tree, code).code(GIVE_UP, []), more);
  } catch (problem) {
    // V8 may know syntax that the parser does not.
    if (problem instanceof NoScanner || problem instanceof SyntaxError) return undefined;
    throw problem;
  }
}
