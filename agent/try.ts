/**
 * The composition behind `tailship try`: lines go through the same harvester and shaper as in a run, and what comes out is told
 * instead of sent. The first lines go through one at a time, so that each is told with its records; the rest in bulk.
 */
import { loadConfig } from './sections.ts';
import { createTrial, SLOW } from './shape/budget.ts';
import { compilePattern, isLost } from './shape/pattern.ts';
import { createRedactor } from './shape/redact.ts';
import { createShaper } from './shape/shaper.ts';
import { createSplitters } from './shape/splitter.ts';
import { createDescribe, type Describe, type Found } from './try-describe.ts';
import { createTeller, type Line, linesOfChunk, type Tried } from './try-lines.ts';
import { countMessages } from './try-records.ts';
import { chooseSource, readChunks, TRIED_FILE } from './try-source.ts';
import type { Batch, Chunk, RecordConfig } from './types.ts';
import { priorityText } from './wire/priority.ts';

export type TryParts = {
  /** What -c named. */
  readonly file: string | undefined;
  /** The file to look at, `-` for standard input; undefined for the configured file. */
  readonly source: string | undefined;
  /** The name of the input whose settings hold; found by the file when undefined. */
  readonly input: string | undefined;
  /** So many lines are told one by one. */
  readonly lines: number;
  readonly stdin: AsyncIterable<Buffer | string>;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stop: AbortSignal;
};

/** What is told: first what is looked at and by which settings, then line by line, at last the sums. */
export type TryEvent =
  | {
      readonly what: 'source';
      readonly source: string;
      readonly input: string;
      readonly pattern: string;
      readonly format: RecordConfig['format'];
    }
  | ({ readonly what: 'line' } & Tried)
  | ({ readonly what: 'summary' } & TrySummary);

export type TrySummary = {
  readonly lines: number;
  readonly matched: number;
  readonly unmatched: number;
  readonly empty: number;
  /** What becomes of lines that are not matched. */
  readonly policy: 'ship' | 'drop' | 'join';
  readonly messages: number;
  /** The largest message, bytes. */
  readonly largest: number;
  readonly invalidUtf8: number;
  readonly unreadableTimes: number;
  /** Secrets replaced by `[redact]`. */
  readonly redacted: number;
  readonly cut: number;
  /** Lines on which the pattern took too long. */
  readonly overruns: number;
  /** Messages by priority in words, the most frequent first. */
  readonly priorities: readonly { readonly priority: string; readonly messages: number }[];
  /** The first unmatched lines beyond those that were told one by one. */
  readonly examples: readonly Tried[];
};

/** So many unmatched lines beyond those that are told are kept as examples. */
const EXAMPLES = 5;
const GEN = '0'.repeat(16);

/** Tries the lines of a file. Throws ConfigProblems, and TryProblem when there is no file to look at or it cannot be read. */
export async function* tryLines(parts: TryParts): AsyncGenerator<TryEvent> {
  const { config } = loadConfig(parts);
  const { record } = config.destinations[0]!;
  const source = chooseSource(config, parts);
  const { input, path } = source;
  const { pattern } = input.transform;
  yield {
    ...{ what: 'source', source: source.name, input: input.name, format: record.format },
    pattern: 'builtin' in pattern ? pattern.builtin : pattern.regex,
  };
  const shaper = createShaper({ input, record, warn() {} });
  shaper.open({ file: TRIED_FILE, gen: GEN, input: input.name, path, offset: 0, skip: 0, after: undefined });
  const splitters = createSplitters(input);
  const trial = createTrial(compilePattern(pattern));
  const describe = createDescribe(input);
  const redactor = createRedactor(input.transform.redact);
  const teller = createTeller({ input, format: record.format, shaper, describe });
  const sums = createSums(describe);
  const wanted = (told: readonly Tried[]) =>
    told.filter(({ line }) => line <= parts.lines).map((line) => ({ what: 'line', ...sums.tempered(line) }) as const);

  for await (const chunk of readChunks(source, parts.stop)) {
    const lines = [...linesOfChunk(chunk, { splitter: splitters.of(chunk), redactor })];
    const found = trial(lines.map(({ seen }) => seen));
    let told = 0;
    // A line is not told before its record is known, which may take a few more lines.
    while (told < lines.length && (sums.lines() < parts.lines || teller.waitsFrom() <= parts.lines)) {
      const line = lines[told]!;
      const number = sums.line(line, found[told]!);
      const taken = teller.take(chunk, line, { number, found: found[told]! });
      sums.batch(taken.batch);
      yield* wanted(taken.told);
      told += 1;
    }
    const rest = lines.slice(told);
    for (const [i, line] of rest.entries())
      sums.example(line, sums.line(line, found[told + i]!), chunk, found[told + i]!);
    if (rest.length > 0 || lines.length === 0) sums.batch(shaper.shape(restOf(chunk, rest[0]?.from ?? 0)));
  }
  const last = shaper.flush(TRIED_FILE);
  if (last) sums.batch(last);
  yield* wanted(teller.finish(last));
  // The shaper does not count joined lines as unmatched, the sums do.
  const { invalidUtf8, unreadableTimes, redacted, cut, overruns } = shaper.status();
  const shaped = { invalidUtf8, unreadableTimes, redacted, cut, overruns };
  yield { what: 'summary', ...shaped, ...sums.total(), policy: input.transform.unmatched };
}

type Counted = Omit<TrySummary, 'policy' | 'invalidUtf8' | 'unreadableTimes' | 'redacted' | 'cut' | 'overruns'>;

/** Counts lines by what the pattern says of them, and messages by their PRI. */
function createSums(describe: Describe) {
  const sums = { lines: 0, matched: 0, unmatched: 0, empty: 0, messages: 0, largest: 0 };
  const priorities = new Map<number, number>();
  const examples: Tried[] = [];
  /** A few odd lines are no reason for another pattern. */
  const tempered = (tried: Tried): Tried =>
    tried.hint?.replaces && sums.matched > sums.unmatched ? { ...tried, hint: undefined } : tried;
  return {
    lines: () => sums.lines,
    tempered,
    /** Counts a line and gives its number. */
    line({ text }: Line, found: Found): number {
      sums[text === '' ? 'empty' : isMatch(found) ? 'matched' : 'unmatched']++;
      return ++sums.lines;
    },
    /** Keeps a line that is told nowhere else, if it is one of the first that are not matched. */
    example(line: Line, number: number, chunk: Chunk, found: Found): void {
      if (line.text === '' || isMatch(found) || examples.length >= EXAMPLES) return;
      const place = { line: number, at: chunk.start + line.from, len: line.next - line.from };
      examples.push({ ...place, ...describe(line, found, chunk.modified), messages: [], notes: [] });
    },
    batch(batch: Batch): void {
      const { messages, largest } = countMessages(batch, priorities);
      sums.messages += messages;
      sums.largest = Math.max(sums.largest, largest);
    },
    total(): Counted {
      const byCount = [...priorities].sort(([, a], [, b]) => b - a);
      const named = byCount.map(([pri, messages]) => ({ priority: priorityText(pri), messages }));
      return { ...sums, priorities: named, examples: examples.map(tempered) };
    },
  };
}

function isMatch(found: Found): boolean {
  return found !== SLOW && !isLost(found);
}

/** The chunk from index `begin` on. */
function restOf(chunk: Chunk, begin: number): Chunk {
  return { ...chunk, bytes: chunk.bytes.subarray(begin), start: chunk.start + begin };
}
