/** The composition behind `tailship try --suggest` and `tailship init`: looks at the lines of a file and says which pattern suits. */
import { loadConfig } from './sections.ts';
import { type Fit, guessPattern } from './shape/guess.ts';
import { compilePattern, groupOf, isLost, type Pattern } from './shape/pattern.ts';
import { looksLikeUtmp, UTMP_BYTES, utmpLine } from './shape/utmp.ts';
import { settingText } from './suggest-text.ts';
import type { TryParts } from './try.ts';
import { chooseSource, type TrySource } from './try-source.ts';
import type { TransformConfig } from './types.ts';

/** How a pattern did on the lines that begin records. */
export type Rated = {
  /** A built-in name, or the expression. */
  readonly pattern: string;
  readonly builtin: boolean;
  readonly matched: number;
  /** 0 to 1. */
  readonly rate: number;
  /** What it finds, the groups that are met most first. */
  readonly finds: readonly string[];
};

export type Suggestion = {
  readonly what: 'suggestion';
  readonly source: string;
  /** Lines that were looked at, and how many of them begin a record. */
  readonly lines: number;
  readonly records: number;
  /** Patterns that match any line, the best first. */
  readonly rated: readonly Rated[];
  /** The one that is suggested; undefined where none matches nearly all lines. */
  readonly best: Rated | undefined;
  /** Lines of `[transform]`, ready to copy. */
  readonly settings: readonly string[];
  /** The first lines, and what the suggested pattern finds in them. */
  readonly examples: readonly { readonly text: string; readonly groups: Readonly<Record<string, string>> }[];
};

/** No more of a file is looked at, bytes. */
const SAMPLE = 4 * 1024 * 1024;
const EXAMPLES = 3;
/** Where examples are looked for, lines. */
const LOOKED_AT = 200;

/** Looks at the file that `tailship try` would look at. Throws as `tryLines` does. */
export async function suggestFor(parts: Omit<TryParts, 'lines'>): Promise<Suggestion> {
  const { config } = loadConfig(parts);
  const source = chooseSource(config, parts);
  return suggest(source, source.input.encoding, parts.stop);
}

/** Reads the beginning of a file and rates the patterns. */
export async function suggest(
  { name, bytes }: Omit<TrySource, 'input'>,
  encoding: string,
  stop: AbortSignal,
): Promise<Suggestion> {
  const sample = await readSample(bytes, stop);
  const binary = looksLikeUtmp(sample);
  const lines = binary ? recordsOf(sample) : linesOf(sample, encoding);
  const guess = binary ? undefined : guessPattern(lines);
  const utmp = { pattern: { builtin: 'utmp' }, lines: lines.length, matched: lines.length, groups: new Map() };
  const best = binary ? utmp : guess?.best;
  return {
    what: 'suggestion',
    ...{ source: name, lines: lines.length, records: best?.lines ?? lines.length },
    rated: (guess?.fits ?? [utmp]).map(rate),
    best: best && rate(best),
    settings: best ? [settingText(best.pattern), ...(guess?.joins ? ['unmatched = join'] : [])] : [],
    examples: best ? examplesOf(best.pattern, lines) : [],
  };
}

async function readSample(bytes: TrySource['bytes'], stop: AbortSignal): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of bytes) {
    pieces.push(Buffer.from(piece));
    size += piece.length;
    if (size >= SAMPLE || stop.aborted) break;
  }
  return Buffer.concat(pieces);
}

function recordsOf(sample: Buffer): string[] {
  const starts = Array.from({ length: Math.floor(sample.length / UTMP_BYTES) }, (_, i) => i * UTMP_BYTES);
  return starts.flatMap((start) => utmpLine(sample, start) ?? []);
}

/** Without a last line that the end of the sample cuts. */
function linesOf(sample: Buffer, encoding: string): string[] {
  const whole = sample.length < SAMPLE ? sample : sample.subarray(0, sample.lastIndexOf(0x0a) + 1);
  const text = new TextDecoder(encoding).decode(whole);
  return text.split(/\r?\n/).filter((line) => line !== '');
}

function rate({ pattern, lines, matched, groups }: Pick<Fit, 'pattern' | 'lines' | 'matched' | 'groups'>): Rated {
  const builtin = 'builtin' in pattern;
  const often = [...groups].filter(([, count]) => count * 2 >= matched).sort(([, a], [, b]) => b - a);
  return {
    ...{ pattern: builtin ? pattern.builtin : pattern.regex, builtin, matched },
    rate: lines === 0 ? 0 : matched / lines,
    finds: often.map(([name]) => name),
  };
}

/** The first lines that it matches. */
function examplesOf(pattern: TransformConfig['pattern'], lines: readonly string[]): Suggestion['examples'] {
  const compiled = compilePattern(pattern);
  const some = lines.slice(0, LOOKED_AT).filter((text) => !isLost(compiled.match(text)));
  return some.slice(0, EXAMPLES).map((text) => ({ text, groups: groupsOf(compiled, text) }));
}

function groupsOf({ match, groups }: Pattern, text: string): Readonly<Record<string, string>> {
  const found = match(text);
  if (!found) return {};
  const entries = [...groups].map(([name, numbers]) => [name, groupOf(found, numbers) ?? ''] as const);
  const fields = (found.fields ?? []).map(([key, value]) => [key, value] as const);
  return Object.fromEntries([...entries, ...fields].filter(([, value]) => value !== ''));
}
