/**
 * Finds what the beginnings of lines have in common: a walk over all of them at once, a piece at a time, as long as nearly all go
 * along. Pure.
 */
import { expandGrok } from './grok.ts';
import { severityOfWord } from './guess-words.ts';
import { readWrittenTime } from './writtentime.ts';

type Kind =
  | 'literal'
  | 'time'
  | 'clock'
  | 'level'
  | 'source'
  | 'uuid'
  | 'ip'
  | 'number'
  | 'integer'
  | 'name'
  | 'enclosed'
  | 'quoted'
  | 'word';

/** A piece that nearly all lines have next. */
export type Step = {
  readonly kind: Kind;
  /** Its expression, or one of grok's names. */
  readonly source: string;
  /** Of a literal its text, else the different values that were met. */
  readonly values: readonly string[];
  /** How many different values there are for a line: 1 where no two are the same. */
  readonly variety: number;
};

type Class = {
  readonly kind: Kind;
  /** What is looked for, with the condition on what follows. */
  readonly seen: RegExp;
  /** What is written into the pattern. */
  readonly source: string;
  readonly suits?: (text: string) => boolean;
  /** Judges all values together. */
  readonly suitAll?: (values: readonly string[]) => boolean;
};

/** So much of the lines has to go along with all steps. */
const SHARE = 0.98;
const MOST_STEPS = 40;
const MOST_LEVELS = 12;
const FRACTION = String.raw`(?:[.,]\d+)?`;
const CLOCK = String.raw`\d{2}:\d{2}:\d{2}${FRACTION}`;

/** Forms of times, each wide enough for what the same program may write another day. */
const TIMES: readonly string[] = [
  '%{TIMESTAMP_ISO8601}',
  '%{HTTPDATE}',
  String.raw`\d{8}[T _]?\d{6}${FRACTION}Z?`,
  String.raw`(?:[A-Z][a-z]{2},? )?[A-Z][a-z]{2} +\d{1,2} (?:\d{4} )?${CLOCK}(?: \d{4})?`,
  String.raw`(?:[A-Z][a-z]{2},? )?\d{1,2}[- ][A-Z][a-z]{2}[- ]\d{4} ${CLOCK}(?: (?:[A-Z]{3}|[+-]\d{4}))?`,
  String.raw`\d{2}\.\d{2}\.\d{4} ${CLOCK}`,
  String.raw`\d{2}/\d{2}/\d{2} ${CLOCK}`,
  String.raw`\d{6} +\d{1,2}:?\d{2}:?\d{2}`,
  String.raw`\d{2}-\d{2} ${CLOCK}`,
  String.raw`\d{4} \d{2}:\d{2}:\d{2}\.\d+`,
  String.raw`\d{10}(?:[.,]\d+|\d{3}|\d{6}|\d{9})?`,
];

/** `end`: what must follow. */
const kind = (name: Kind, source: string, end = String.raw`(?!\w)`): Class => ({
  ...{ kind: name, source },
  seen: new RegExp(expandGrok(source) + end, 'y'),
});

/** From the most special to the most general: the first that nearly all lines have is taken. */
const CLASSES: readonly Class[] = [
  ...TIMES.map((source): Class => ({ ...kind('time', source), suits: (text) => readWrittenTime(text) !== undefined })),
  kind('clock', CLOCK),
  { ...kind('level', '[A-Z]+'), suitAll: areLevels },
  { ...kind('level', '[A-Za-z]+'), suitAll: areLevels },
  // glog: the letter stands right before the time.
  { ...kind('level', '[A-Z]', String.raw`(?=\d{4} \d{2}:)`), suitAll: areLevels },
  // Whatever stands before a time is where the line comes from.
  kind('source', '[^ ]+', expandGrok(`(?= +(?:${TIMES.join('|')}))`)),
  kind('uuid', '%{UUID}'),
  kind('ip', '%{IP}', String.raw`(?![\w.])`),
  kind('number', String.raw`[+-]?\d+\.\d+`, String.raw`(?![\w.])`),
  kind('integer', String.raw`\d+`, String.raw`(?![\w.])`),
  kind('integer', String.raw`[+-]?\d+`, String.raw`(?![\w.])`),
  { ...kind('name', String.raw`[\w.$/@-]+`, String.raw`(?![\w.$/@-])`), suits: (text) => /[A-Za-z]/.test(text) },
];
const QUOTED = kind('quoted', String.raw`"(?:[^"\\]|\\.)*"`, '');
const WORD = kind('word', '[^ ]+', '(?= |$)');
/** What may stand between two delimiters, by the first of them. */
const CLOSERS: Readonly<Record<string, string>> = {
  ...{ '[': ']', '(': ')', '<': '>', '{': '}', '|': '|', ';': ';', '\t': '\t' },
};

/** Words that databases have among their levels, and that say nothing of how grave it is. */
const NEUTRAL = /^(?:NOTE|LOG|SYSTEM|HINT|DETAIL|CONTEXT|STATEMENT)$/i;

/** A program has few level words, and most of them are known. */
function areLevels(values: readonly string[]): boolean {
  const telling = values.filter((value) => !NEUTRAL.test(value));
  const known = telling.filter((value) => severityOfWord(value) !== undefined).length;
  return values.length <= MOST_LEVELS && known * 2 > telling.length;
}

/** The pieces from the start of the lines on. No more lines fall out on the way than a few in a hundred. */
export function commonSteps(lines: readonly string[]): Step[] {
  const least = Math.max(1, Math.ceil(lines.length * SHARE));
  let places = lines.map((line) => ({ line, at: 0 }));
  const steps: Step[] = [];
  while (steps.length < MOST_STEPS) {
    const step = literalStep(places, least) ?? valueStep(places, least, steps.at(-1));
    if (!step) break;
    steps.push(step.step);
    places = step.places;
  }
  return steps;
}

type Place = { readonly line: string; readonly at: number };
type Taken = { readonly step: Step; readonly places: Place[] };

/** One delimiter that nearly all have, or the same key before a `=`; blanks as many as there are. */
function literalStep(places: readonly Place[], least: number): Taken | undefined {
  const found = takeAll(places, /[^\w\s"]|\s+|\w[\w.-]*(?==)/y, () => true);
  const counts = new Map<string, number>();
  for (const { text } of found) {
    const key = /^ +$/.test(text) ? ' ' : text;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const [best] = [...counts].sort(([, a], [, b]) => b - a);
  if (!best || best[1] < least) return undefined;
  const [text] = best;
  const same = found.filter((one) => (text === ' ' ? /^ +$/.test(one.text) : one.text === text));
  const wide = text === ' ' && same.some((one) => one.text.length > 1);
  const source = wide
    ? ' +'
    : text
        .replaceAll('\t', '\\t')
        .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
        .replace('\\\\t', '\\t');
  return { step: { kind: 'literal', source, values: [text], variety: 0 }, places: same.map(({ place }) => place) };
}

function valueStep(places: readonly Place[], least: number, before: Step | undefined): Taken | undefined {
  const opener = before?.kind === 'literal' ? before.values[0]!.trim() || before.values[0]! : '';
  const closer = Object.hasOwn(CLOSERS, opener) ? CLOSERS[opener] : undefined;
  const between = closer === undefined ? [] : [enclosed(closer)];
  for (const one of [...CLASSES, ...between, QUOTED, WORD]) {
    const found = takeAll(places, one.seen, one.suits ?? (() => true));
    if (found.length < least) continue;
    // Within brackets nothing less than the whole is a value.
    if (closer !== undefined && one.kind !== 'enclosed' && !allClose(found, closer, least)) continue;
    const values = [...new Set(found.map(({ text }) => text))];
    if (one.suitAll && !one.suitAll(values)) continue;
    const variety = values.length / found.length;
    return { step: { kind: one.kind, source: one.source, values, variety }, places: found.map(({ place }) => place) };
  }
  return undefined;
}

function enclosed(closer: string): Class {
  const escaped = closer === '\t' ? '\\t' : closer === ']' ? '\\]' : closer;
  const end = closer === '\t' ? '\\t' : `\\${closer}`;
  return { kind: 'enclosed', source: `[^${escaped}]*`, seen: new RegExp(`[^${escaped}]*(?=${end})`, 'y') };
}

function allClose(found: readonly Found[], closer: string, least: number): boolean {
  const closed = found.filter(({ place: { line, at } }) => line.slice(at).trimStart().startsWith(closer));
  return closed.length >= least;
}

type Found = { readonly text: string; readonly place: Place };

function takeAll(places: readonly Place[], seen: RegExp, suits: (text: string) => boolean): Found[] {
  return places.flatMap(({ line, at }) => {
    seen.lastIndex = at;
    const text = seen.exec(line)?.[0];
    return text !== undefined && suits(text) ? [{ text, place: { line, at: at + text.length } }] : [];
  });
}
