/** Patterns: what takes a line apart. Built-in ones by name, and regular expressions of the operator's own. */
import v8 from 'node:v8';
import type { TransformConfig } from '../types.ts';
import type { Match } from './draft.ts';
import { FIELD_NUMBERS } from './fields.ts';
import { expandGrok } from './grok.ts';
import { fromPython, numberGroups, openAt } from './groups.ts';
import { matchJson } from './jsonline.ts';
import { learnJson, learnLogfmt } from './learn.ts';
import { isLinear } from './linear.ts';
import { matchLogfmt } from './logfmt.ts';
import type { Outlines } from './outline.ts';
import { PRESETS } from './presets.ts';
import type { Scale } from './priority.ts';
import { createUnwrapping, WRAPPERS, type Wrapper } from './unwrap.ts';
import { UTMP_BYTES } from './utmp.ts';

export type Pattern = {
  /** The expression in JavaScript's spelling, with its named groups; it is compiled with `flags`. Empty where there is none. */
  readonly source: string;
  readonly flags: string;
  /** What runs: the same expression, its named groups numbered. Undefined where lines are read in another way. */
  readonly regex: RegExp | undefined;
  /** Takes a line apart; null where it does not match. */
  match(line: string): Match | null;
  /** The numbers of each named group, in the order in which the names stand in the expression. */
  readonly groups: ReadonlyMap<string, readonly number[]>;
  /** Expressions that take most lines apart as `match` does. */
  readonly outlines: Outlines;
  /** True where the bytes of UTF-8, taken as one character each, give the same groups as the characters themselves. */
  readonly bytewise: boolean;
  /** True where lines have to be text: what it finds may be more than pieces of the line, or is not looked for twice. */
  readonly wide: boolean;
  /** True where lines name their fields themselves, so that there may be any. */
  readonly anyField: boolean;
  /** True where V8 cannot run it in linear time, so that a line may take for ever. */
  readonly risky: boolean;
  /** How levels are read that are numbers. */
  readonly scale: Scale;
};

/** `.` takes everything; a line holds no LF. CR, U+2028 and U+2029 are text like any other. */
const FLAGS = 's';

/** Formats whose lines name their values themselves. */
const FORMATS = {
  json: { match: matchJson, outlines: { learn: learnJson } },
  logfmt: { match: matchLogfmt, outlines: { learn: learnLogfmt } },
} as const;
const SCALES: Readonly<Record<string, Scale>> = { json: 'pino', python: 'python' };

/** All built-in patterns. Behind one of the wrappers another may follow: `cri/java`. */
export const BUILTINS: readonly string[] = [...Object.keys(PRESETS), ...Object.keys(FORMATS), ...WRAPPERS];

/** Whether a name is that of a built-in pattern, or of one in a wrapper. */
export function isBuiltin(name: string): boolean {
  const [outer = '', inner] = name.split('/');
  if (inner === undefined) return BUILTINS.includes(outer);
  return (
    isWrapper(outer) &&
    name === `${outer}/${inner}` &&
    BUILTINS.includes(inner) &&
    !isWrapper(inner) &&
    inner !== 'utmp'
  );
}

/** Bytes of a record where the pattern is one of binary records instead of lines. */
export function recordBytes(pattern: TransformConfig['pattern']): number | undefined {
  return 'builtin' in pattern && pattern.builtin === 'utmp' ? UTMP_BYTES : undefined;
}

/**
 * Compiles a pattern. An own one is tried at any place of the line, so it begins with `^` where it means the beginning.
 * Throws an Error whose sentence shows the pattern and where it goes wrong.
 */
export function compilePattern(pattern: TransformConfig['pattern']): Pattern {
  allowLinearFallback();
  if ('regex' in pattern) return compile(pattern.regex, 'syslog', false);
  const name = pattern.builtin;
  if (!isBuiltin(name)) {
    throw new Error(`there is no pattern '${name}': choose ${BUILTINS.join(', ')}, or write a regex in single quotes`);
  }
  const [outer = '', inner] = name.split('/');
  const scale = SCALES[inner ?? outer] ?? 'syslog';
  if (isWrapper(outer)) {
    const within = inner === undefined ? undefined : compilePattern({ builtin: inner });
    return { ...reader(scale), ...createUnwrapping(outer, within) };
  }
  const format = FORMATS[outer as keyof typeof FORMATS];
  if (format !== undefined) return { ...reader(scale), groups: FIELD_NUMBERS, ...format };
  // Bytes above 127 are taken by `.` and by classes that go on up to a delimiter, so characters are never torn.
  return compile(PRESETS[outer]!, scale, true);
}

function isWrapper(name: string): name is Wrapper {
  return (WRAPPERS as readonly string[]).includes(name);
}

/** Whether lines are taken out of a container runtime's wrapping, and put together from its pieces. */
export function wraps(pattern: TransformConfig['pattern']): boolean {
  return 'builtin' in pattern && isWrapper(pattern.builtin.split('/')[0]!);
}

/** What patterns have in common that are no expressions. */
function reader(scale: Scale) {
  return {
    source: '',
    flags: '',
    regex: undefined,
    bytewise: false,
    wide: true,
    anyField: true,
    risky: false,
    scale,
  } as const;
}

/**
 * Tries the expression on a line. On lines of several MiB some expressions need more memory than V8 grants a match: such a line
 * counts as one that does not match, so that no line can stop the agent.
 */
export function matchLine(regex: RegExp, line: string): RegExpExecArray | null {
  try {
    return regex.exec(line);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Whether a line counts as one that the pattern does not match. */
export function isLost(match: Match | null): match is null {
  return match === null || match.unmatched === true;
}

/** What the group took; undefined where the pattern has no such group or it took no part in the match. */
export function groupOf(match: Match, numbers: readonly number[] | undefined): string | undefined {
  if (numbers === undefined) return undefined;
  for (const number of numbers) if (match[number] !== undefined) return match[number];
  return undefined;
}

let allowed = false;

/**
 * Lets V8 go over to its linear-time engine in the middle of a match that backtracks too much. The flag holds for expressions
 * that run for the first time after it is set, in the whole process.
 */
function allowLinearFallback(): void {
  if (allowed) return;
  v8.setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
  allowed = true;
}

function compile(written: string, scale: Scale, bytewise: boolean): Pattern {
  const source = fromPython(expandGrok(written));
  const problem = problemOf(source);
  if (problem !== undefined) throw new Error(`the pattern does not compile: ${problem} ${place(written)}`);
  const numbered = numberGroups(source);
  const regex = new RegExp(numbered.source, FLAGS);
  const risky = !isLinear(numbered.source, FLAGS);
  const match = (line: string) => matchLine(regex, line);
  return {
    source,
    flags: FLAGS,
    regex,
    match,
    groups: numbered.groups,
    outlines: { first: { ...numbered, members: [], verbatim: false, apart: false } },
    bytewise,
    wide: risky,
    anyField: false,
    risky,
    scale,
  };
}

/** V8's reason why this is no expression, undefined where it is one. */
function problemOf(source: string): string | undefined {
  try {
    new RegExp(source, FLAGS);
    return undefined;
  } catch (error) {
    // "Invalid regular expression: /SOURCE/FLAGS: REASON"; the source may hold anything, so the reason is found from the end.
    return error instanceof Error ? error.message.slice(error.message.lastIndexOf(': ') + 2) : String(error);
  }
}

/**
 * V8 does not say where. It is where the longest beginning ends that would be an expression if its groups were closed; where
 * the whole would be one, it is the group or class that is never closed.
 */
function place(written: string): string {
  let good = written.length;
  while (good > 0 && problemOf(fromPython(expanded(closed(written.slice(0, good))))) !== undefined) good -= 1;
  const { groups, class: open } = openAt(written);
  const at = good < written.length ? good : (open ?? groups.at(-1) ?? 0);
  return `at character ${at + 1}: ${written.slice(0, at)} >>> ${written.slice(at)}`;
}

/** A beginning of an expression with everything closed that it leaves open. */
function closed(source: string): string {
  const open = openAt(source);
  return `${source}${open.class === undefined ? '' : ']'}${')'.repeat(open.groups.length)}`;
}

/** With grok's names written out where they are known. */
function expanded(source: string): string {
  try {
    return expandGrok(source);
  } catch {
    return source;
  }
}
