/** Patterns: what takes a line apart. Built-in ones by name, and regular expressions of the operator's own. */
import v8 from 'node:v8';
import type { TransformConfig } from '../types.ts';
import { fromPython, numberGroups, openAt } from './groups.ts';

export type Pattern = {
  /** The expression in JavaScript's spelling, with its named groups; it is compiled with `flags`. */
  readonly source: string;
  readonly flags: string;
  /** What runs: the same expression, its named groups numbered. */
  readonly regex: RegExp;
  /** The numbers of each named group, in the order in which the names stand in the expression. */
  readonly groups: ReadonlyMap<string, readonly number[]>;
  /** True where the bytes of UTF-8, taken as one character each, give the same groups as the characters themselves. */
  readonly bytewise: boolean;
};

/** `.` takes everything; a line holds no LF. CR, U+2028 and U+2029 are text like any other. */
const FLAGS = 's';

/** The expression of the script that tailship began as, tried at the start of a line as Python's `re.match` does. */
const SCRIPT =
  '(?P<time>\\w+ ( )?\\d+ \\d{2}:\\d{2}:\\d{2}) (?P<host>\\w+) (?P<owner>\\w+):( +)?(?P<pid>(\\[\\d+\\])?)(?P<level>(\\[\\w+\\])?) ?(?P<other>(\\[\\w+\\])?) ?(?P<msg>(.*))';

/**
 * The same, with more to it: host names with dots and dashes and IP addresses, owners as programs are really called, and
 * `owner[pid]:`. None of the new characters can stand where `script` goes on, so whatever `script` takes comes out the same.
 * A host with colons has two of them at least, and does not end with one: `app: error:` is no host.
 */
const APP = [
  '(?<time>\\w+ ( )?\\d+ \\d{2}:\\d{2}:\\d{2})',
  '(?<host>[\\w.-]+|[\\da-fA-F]*:[\\da-fA-F]*:[\\w.:%-]*\\w)',
  '(?<owner>[\\w./()@+-]+)(?::( +)?(?<pid>(\\[\\d+\\])?)|(?<pid>\\[\\d+\\]):( +)?)' +
    '(?<level>(\\[\\w+\\])?) ?(?<other>(\\[\\w+\\])?) ?(?<msg>(.*))',
].join(' ');

const BUILTINS: Readonly<Record<string, string>> = { app: `^${APP}`, script: `^${SCRIPT}` };

/**
 * Compiles a pattern. An own one is tried at any place of the line, so it begins with `^` where it means the beginning.
 * Throws an Error whose sentence shows the pattern and where it goes wrong.
 */
export function compilePattern(pattern: TransformConfig['pattern']): Pattern {
  allowLinearFallback();
  if ('regex' in pattern) return compile(pattern.regex, false);
  const source = BUILTINS[pattern.builtin];
  if (source === undefined) {
    const names = Object.keys(BUILTINS).join(', ');
    throw new Error(`there is no pattern '${pattern.builtin}': choose ${names}, or write a regex in single quotes`);
  }
  // Only `.` in them takes bytes above 127, and it takes the rest of the line.
  return compile(source, true);
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

/** What the group took; undefined where the pattern has no such group or it took no part in the match. */
export function groupOf(match: RegExpExecArray, numbers: readonly number[] | undefined): string | undefined {
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

function compile(written: string, bytewise: boolean): Pattern {
  const source = fromPython(written);
  const problem = problemOf(source);
  if (problem !== undefined) throw new Error(`the pattern does not compile: ${problem} ${place(written)}`);
  const numbered = numberGroups(source);
  return { source, flags: FLAGS, regex: new RegExp(numbered.source, FLAGS), groups: numbered.groups, bytewise };
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
  while (good > 0 && problemOf(fromPython(closed(written.slice(0, good)))) !== undefined) good -= 1;
  const { groups, class: open } = openAt(written);
  const at = good < written.length ? good : (open ?? groups.at(-1) ?? 0);
  return `at character ${at + 1}: ${written.slice(0, at)} >>> ${written.slice(at)}`;
}

/** A beginning of an expression with everything closed that it leaves open. */
function closed(source: string): string {
  const open = openAt(source);
  return `${source}${open.class === undefined ? '' : ']'}${')'.repeat(open.groups.length)}`;
}
