/** Which pattern suits a file: all presets are tried on its lines, and where none does a pattern is made for them. Pure. */
import type { TransformConfig } from '../types.ts';
import { createTrial, SLOW } from './budget.ts';
import { buildPatterns } from './guess-build.ts';
import { continues, severityOfWord } from './guess-words.ts';
import { compilePattern, groupOf, isLost } from './pattern.ts';
import { bare } from './priority.ts';
import { unwrapLine, WRAPPERS } from './unwrap.ts';
import { readWrittenTime } from './writtentime.ts';

/** How well a pattern does on lines. */
export type Fit = {
  readonly pattern: TransformConfig['pattern'];
  /** Lines that begin a record, and how many of them it matches. */
  readonly lines: number;
  readonly matched: number;
  /** How many of the matched have a time that can be read, a level that is known, and each of the groups. */
  readonly times: number;
  readonly levels: number;
  readonly groups: ReadonlyMap<string, number>;
};

export type Guess = {
  /** All presets that match any line, and the made one, the best first. */
  readonly fits: readonly Fit[];
  /** The best where it matches nearly all lines. */
  readonly best: Fit | undefined;
  /** True where lines that it does not match go on with the record before. */
  readonly joins: boolean;
};

/** In the order in which they win where they do equally well. */
const PRESETS = ['json', 'nginx', 'apache', 'rfc5424', 'syslog', 'app', 'java', 'python', 'logfmt'];
/** A pattern that matches less is no good. */
const ENOUGH = 0.98;
const MOST_LINES = 4000;

export function guessPattern(all: readonly string[]): Guess {
  const lines = all.filter((line) => line !== '').slice(0, MOST_LINES);
  const wrapper = WRAPPERS.find((name) => share(lines, (line) => unwrapLine(name, line) !== undefined) >= ENOUGH);
  if (wrapper !== undefined) return guessWithin(wrapper, lines);
  const heads = lines.filter((line) => !continues(line));
  const fits = PRESETS.map((builtin) => fit({ builtin }, heads)).filter(({ matched }) => matched > 0);
  const enough = fits.some((one) => isGood(one));
  const made = enough ? undefined : makePattern(heads);
  const ranked = [...fits, ...(made ? [made] : [])].sort((a, b) => worth(b) - worth(a));
  const best = ranked.find((one) => one.matched >= one.lines * ENOUGH);
  return { fits: ranked, best, joins: best !== undefined && !takesMost(best.pattern, lines.filter(continues)) };
}

/** What is wrapped is looked at without its wrapping; a preset for it comes behind the wrapper's name. */
function guessWithin(wrapper: (typeof WRAPPERS)[number], lines: readonly string[]): Guess {
  const inner = lines.flatMap((line) => unwrapLine(wrapper, line) ?? []).filter((line) => line !== '');
  const within = guessPattern(inner);
  const builtin =
    within.best && 'builtin' in within.best.pattern ? `${wrapper}/${within.best.pattern.builtin}` : wrapper;
  const best = fit({ builtin }, lines);
  return { fits: [best], best, joins: builtin !== wrapper && within.joins };
}

/** A pattern from the first half of the lines counts only if it matches the second as well. */
function makePattern(heads: readonly string[]): Fit | undefined {
  const half = Math.ceil(heads.length / 2);
  const first = heads.slice(0, half);
  const second = half < heads.length ? heads.slice(half) : first;
  for (const regex of buildPatterns(first)) {
    const tried = fit({ regex }, second);
    if (tried.matched >= second.length * ENOUGH) return fit({ regex }, heads);
  }
  return undefined;
}

/** `heads`: the lines that begin records. */
function fit(pattern: TransformConfig['pattern'], heads: readonly string[]): Fit {
  const compiled = compilePattern(pattern);
  const counts = new Map<string, number>();
  let matched = 0;
  let times = 0;
  let levels = 0;
  for (const found of createTrial(compiled)(heads)) {
    if (found === SLOW || isLost(found)) continue;
    matched += 1;
    const take = (name: string) => groupOf(found, compiled.groups.get(name)) ?? '';
    for (const name of compiled.groups.keys()) if (take(name) !== '') counts.set(name, (counts.get(name) ?? 0) + 1);
    if (readWrittenTime(take('time'))) times += 1;
    const level = bare(take('level'));
    if (severityOfWord(level) !== undefined || /^\d+$/.test(level)) levels += 1;
  }
  return { pattern, lines: heads.length, matched, times, levels, groups: counts };
}

function takesMost(pattern: TransformConfig['pattern'], lines: readonly string[]): boolean {
  return fit(pattern, lines).matched * 2 >= lines.length;
}

function share(lines: readonly string[], holds: (line: string) => boolean): number {
  return lines.length === 0 ? 0 : lines.filter(holds).length / lines.length;
}

/** It matches nearly all, with the time, and with a level or who wrote it. */
function isGood({ lines, matched, times, levels, groups }: Fit): boolean {
  const who = Math.max(levels, groups.get('owner') ?? 0, groups.get('client') ?? 0, groups.get('msgid') ?? 0);
  return matched >= lines * ENOUGH && times >= matched * ENOUGH && who * 2 >= matched;
}

/** What share of lines it matches, and then what it finds in them. */
function worth({ lines, matched, times, levels, groups }: Fit): number {
  if (matched === 0) return 0;
  const found = (name: string) => (groups.get(name) ?? 0) / matched;
  const rest = [...groups.values()].reduce((sum, count) => sum + count / matched, 0);
  const value = (3 * times + 2 * levels) / matched + 2 * found('owner') + found('host') + found('pid') / 2 + rest / 10;
  return (matched / lines) * 10 + (matched >= lines * ENOUGH ? 5 : 0) + value;
}
