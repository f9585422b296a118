/**
 * What may help with a line that the pattern does not match: another built-in, a setting, or a pattern to begin with. A pattern
 * is only proposed after it was tried on the line. Pure.
 */
import { compilePattern } from './shape/pattern.ts';
import { readWrittenTime } from './shape/writtentime.ts';
import type { TransformConfig } from './types.ts';

const BUILTINS = ['app', 'script'] as const;

/** Times that a line may begin with. */
const TIMES = [
  /^\d{4}[-/.]\d{2}[-/.]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?/,
  /^\d{2}\/\w{3}\/\d{4}[: ]\d{2}:\d{2}:\d{2}(?: [+-]\d{4})?/,
  /^(?:[A-Z][a-z]{2},? )?[A-Z][a-z]{2} +\d+ (?:\d{4} )?\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?: \d{4})?/,
  /^\d{10}(?:[.,]\d+)?/,
] as const;
const LEVELS = 'TRACE DEBUG INFO NOTICE WARN WARNING ERROR ERR CRITICAL CRIT FATAL SEVERE'.split(' ');

const OWN =
  'No built-in pattern fits. A regex of your own can take it apart: [transform] pattern with the groups time, host, owner, pid, level, other and msg, as many as there are.';

/** A sentence, and the line of the configuration that it proposes where it does. */
export type Hint = {
  readonly sentence: string;
  readonly setting: string | undefined;
  /** True where another pattern would take the place of the present one: no advice for a file that mostly matches. */
  readonly replaces: boolean;
};

export function hintFor(line: string, transform: TransformConfig): Hint {
  const other = BUILTINS.find((builtin) => !isBuiltin(transform, builtin) && matches({ builtin }, line));
  if (other)
    return { sentence: `The built-in pattern ${other} matches it.`, setting: `pattern = ${other}`, replaces: true };
  if (/^\s+\S|^(?:Caused by: |Traceback |Exception in thread )/.test(line) && transform.unmatched !== 'join') {
    const sentence =
      'It looks like a continuation of the line before, as in a stack trace. To keep them in one record:';
    return { sentence, setting: 'unmatched = join', replaces: false };
  }
  const proposal = proposals(line).find((regex) => matches({ regex }, line));
  if (proposal === undefined) return { sentence: OWN, setting: undefined, replaces: true };
  return { sentence: 'A pattern to begin with, which matches it:', setting: `pattern = '${proposal}'`, replaces: true };
}

function isBuiltin({ pattern }: TransformConfig, name: string): boolean {
  return 'builtin' in pattern && pattern.builtin === name;
}

function matches(pattern: TransformConfig['pattern'], line: string): boolean {
  return compilePattern(pattern).match(line) !== null;
}

/** Candidates, the most telling first. Whether one fits is tried by the caller. */
function proposals(line: string): string[] {
  if (line.startsWith('{')) return jsonProposal(line);
  const [, open = '', begun = line] = /^(<\d{1,3}>|\[)(.*)$/s.exec(line) ?? [];
  const time = TIMES.map((form) => form.exec(begun)?.[0]).find((found) => found !== undefined);
  if (time === undefined || !readWrittenTime(time)) return [];
  const before = open === '' ? '' : open === '[' ? '\\[' : '<\\d+>';
  const head = `^${before}(?<time>${formOf(time)})${open === '[' ? '\\]' : ''}`;
  const level = new RegExp(`^[\\s\\]]*\\[?(?:${LEVELS.join('|')})\\b`, 'i').exec(begun.slice(time.length));
  return [
    String.raw`${head} (?<host>[\w.-]+) (?<owner>[\w./-]+)(?<pid>\[\d+\])?: ?(?<msg>.*)$`,
    ...(level ? [String.raw`${head} *(?<level>\[?\w+\]?) *(?<msg>.*)$`] : []),
    `${head} *(?<msg>.*)$`,
  ];
}

/** The pattern of times that are written like this one. */
function formOf(time: string): string {
  return time
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/(\\\.|,)\d+/, '$1#')
    .replace(/([A-Za-z]{3}) +\d+ /, '$1 +# ')
    .replace(/\b[A-Z][a-z]{2}\b/g, '\\w{3}')
    .replace(/(?<!\{)\d+/g, (digits) => `\\d{${digits.length}}`)
    .replaceAll('#', '\\d+');
}

/** The whole object stays the MSG; time and level are found in it by the keys that it has, in their order. */
function jsonProposal(line: string): string[] {
  const keys = { time: 'time|timestamp|@timestamp|ts|date', level: 'level|severity|lvl|loglevel' } as const;
  const found = Object.entries(keys)
    .map(([group, names]) => ({ group, hit: new RegExp(`"(${names})": *"[^"]+"`, 'i').exec(line) }))
    .filter(({ hit }) => hit !== null)
    .sort((a, b) => a.hit!.index - b.hit!.index);
  if (found.length === 0) return [];
  const pieces = found.map(({ group, hit }) => `.*"${hit![1]}": *"(?<${group}>[^"]+)"`);
  return [`^(?<msg>\\{${pieces.join('')}.*\\})$`];
}
