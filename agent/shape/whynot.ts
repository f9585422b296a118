/** Why a pattern does not match a line, in words. Only for people: it has no place on the walk of a line. */
import type { TransformConfig } from '../types.ts';
import { within } from './budget.ts';
import { explainMismatch, mismatchInWords } from './explain.ts';
import { readMembers } from './jsonline.ts';
import { compilePattern } from './pattern.ts';
import { unwrapLine, type Wrapper } from './unwrap.ts';

/** The time that a pattern which may be slow gets to explain itself, ms. */
const PATIENCE = 1000;

/** A sentence without its end, and the column that the pattern got to; both undefined where it matches. */
type WhyNot = { readonly why: string | undefined; readonly column: number | undefined };

export function whyUnmatched(pattern: TransformConfig['pattern'], line: string): WhyNot {
  if ('regex' in pattern) return whyNoMatch(pattern, line);
  const [outer, inner] = pattern.builtin.split('/');
  switch (outer) {
    case 'json':
      return inWords(whyNoJson(line));
    case 'logfmt':
      return inWords(compilePattern(pattern).match(line) ? undefined : whyNoLogfmt(line));
    case 'docker-json':
    case 'cri':
      return whyWrapped(outer, inner, line);
    default:
      return whyNoMatch(pattern, line);
  }
}

function inWords(why: string | undefined): WhyNot {
  return { why, column: undefined };
}

function whyNoMatch(pattern: TransformConfig['pattern'], line: string): WhyNot {
  const { source, flags } = compilePattern(pattern);
  let found = inWords(undefined);
  const done = within(PATIENCE, () => {
    const mismatch = explainMismatch(source, flags, line);
    if (mismatch) found = { why: mismatchInWords(mismatch), column: mismatch.column };
  });
  return done ? found : inWords('the pattern takes too long on this line');
}

function whyNoJson(line: string): string | undefined {
  if (readMembers(line)) return undefined;
  try {
    JSON.parse(line);
    return 'it is JSON, but no object';
  } catch (error) {
    return `it is no JSON: ${error instanceof Error ? error.message : error}`;
  }
}

function whyNoLogfmt(line: string): string {
  const [first = ''] = line.trim().split(/\s/);
  if (!/^[^"=]+=/.test(first)) return `logfmt begins with key=value, but there is "${first}"`;
  return 'it has a quote or a = where logfmt has none';
}

function whyWrapped(wrapper: Wrapper, inner: string | undefined, line: string): WhyNot {
  const within = unwrapLine(wrapper, line);
  // A column would be one of the line within.
  if (within !== undefined) return inWords(inner && whyUnmatched({ builtin: inner }, within).why);
  if (wrapper === 'docker-json') {
    return inWords(whyNoJson(line) ?? 'it has no member "log" with a string, as lines of Docker have');
  }
  return inWords('it does not begin as CRI lines do: a time, stdout or stderr, F or P, each behind a blank');
}
