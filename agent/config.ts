/**
 * The configuration's mechanism: the text of a file and the environment, held against tables of sections and keys, give
 * values, or all problems at once. It knows no section by name; the tables are handed in.
 *
 * The order: config-text.ts takes the lines apart, config-names.ts judges sections and keys, `ini` reads what is left,
 * config-env.ts adds the environment, and each key's schema gives its value.
 */
import { parse } from 'ini';
import type { output } from 'zod/mini';
import { $ZodError } from 'zod/v4/core';
import { type Environment, type EnvironmentSetting, readVariables } from './config-env.ts';
import {
  judgeNames,
  type KnownHeader,
  type KnownSetting,
  optionOf,
  type Sections,
  sectionText,
} from './config-names.ts';
import { normalText, type Problem, type Written } from './config-text.ts';
import { didYouMean } from './nearest.ts';
import type { Option, Options } from './types.ts';
import type { ConfigCode } from './wire/codes.ts';
import { wordsOf } from './wire/words.ts';

/** Where a value comes from. */
export type Origin =
  | { readonly from: 'file'; readonly line: number }
  | { readonly from: 'environment'; readonly variable: string }
  | { readonly from: 'default' };

/** A key that somebody set. `values`: one, or several for a list; undefined where the text gives none, which is a problem then. */
type Given = {
  readonly kind: string;
  readonly name: string | undefined;
  readonly key: string;
  readonly text: string;
  readonly values: readonly unknown[] | undefined;
  /** Of the first value. */
  readonly origin: Origin;
};

/** A key as written, before its schema has seen it. */
type Raw = Pick<Given, 'kind' | 'name' | 'key'> & {
  readonly items: readonly { readonly text: string; readonly origin: Origin; readonly cut?: boolean | undefined }[];
};

/** What the operator set, each key judged by itself; what depends on several keys is for the caller to judge. */
export type Settings = {
  /** All that is wrong so far; the caller adds to it. */
  readonly problems: Problem[];
  readonly headers: readonly KnownHeader[];
  readonly given: readonly Given[];
};

/** The values of a table's keys, as its schemas give them. */
type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { readonly list: true }
    ? readonly output<O[K]['schema']>[]
    : output<O[K]['schema']>;
};

/** All that is wrong with a configuration, in the order of the lines. The message has a line for each: `FILE:LINE: what. cure`. */
export class ConfigProblems extends Error {
  override readonly name = 'ConfigProblems';
  readonly problems: readonly Problem[];
  /** The file as the operator named it; undefined when there is none. */
  readonly source: string | undefined;

  /** A problem without a line says itself what it is about. */
  constructor(source: string | undefined, problems: readonly Problem[]) {
    const last = problems.length + problems.reduce((line, one) => Math.max(line, one.line ?? 0), 0);
    const sorted = problems.toSorted((a, b) => (a.line ?? last) - (b.line ?? last));
    super(sorted.map((one) => toldOf(source, one)).join('\n'));
    this.problems = sorted;
    this.source = source;
  }

  /** The message with each problem's code behind it, for whoever wants it explained. */
  withCodes(): string {
    return this.problems.map((one) => `${toldOf(this.source, one)} [${one.code}]`).join('\n');
  }
}

/** Said of a wrong value behind which a comment stands. */
const CUT = 'If what stands behind ; or # is no comment but a part of it, put the whole value in single quotes.';

function toldOf(source: string | undefined, { line, sentence }: Problem): string {
  return line === undefined ? sentence : `${source}:${line}: ${sentence}`;
}

/** A problem with a value, at the line or the variable that it came from. */
export function problemAt(origin: Origin, sentence: string, code: ConfigCode = 'config-wrong'): Problem {
  if (origin.from === 'file') return { line: origin.line, code, sentence };
  const told = origin.from === 'environment' ? `${origin.variable}: ${sentence}` : sentence;
  return { line: undefined, code, sentence: told };
}

/** Judges names, repeats and values. Never throws: what is wrong is in the result's `problems`. */
export function readSettings(sections: Sections, written: Written, env: Environment): Settings {
  const judged = judgeNames(sections, written);
  const variables = readVariables(sections, [...judged.headers, ...judged.settings], env);
  const problems: Problem[] = [...written.problems, ...judged.problems, ...variables.problems];
  const given = new Map<string, Given>();
  for (const one of [...fromFile(judged.settings), ...variables.settings.map(fromVariable)]) {
    const { kind, name, key, items } = one;
    const option = optionOf(sections[kind], key)!;
    const read = items.map(({ text }) => readValue(key, option, text));
    for (const [index, { sentence }] of read.entries()) {
      const { origin, cut } = items[index]!;
      if (sentence !== undefined)
        problems.push(problemAt(origin, cut ? `${sentence} ${CUT}` : sentence, 'config-value'));
    }
    const good = read.every(({ sentence }) => sentence === undefined);
    given.set(`${sectionText(kind, name)} ${key}`, {
      ...{ kind, name, key, text: items.map(({ text }) => text).join(', ') },
      values: good ? read.map(({ value }) => value) : undefined,
      origin: items[0]!.origin,
    });
  }
  return { problems, headers: judged.headers, given: [...given.values()] };
}

/** What `ini` makes of the settings that may stand, each with its lines. */
function fromFile(settings: readonly KnownSetting[]): Raw[] {
  const tree = parse(normalText(settings));
  const groups = Map.groupBy(settings, ({ kind, name, key }) => `${sectionText(kind, name)} ${key}`);
  return [...groups.values()].map((group) => {
    const { kind, name, key } = group[0]!;
    const read: unknown = tree[name === undefined ? kind : `${kind}.${name}`][key];
    // `ini` makes a boolean or null of true, false and null even in quotes, hence String.
    const texts = (Array.isArray(read) ? read : [read]).map(String);
    const items = texts.map((text, index): Raw['items'][number] => {
      const { line, cut } = group[index]!;
      return { text, origin: { from: 'file', line }, cut };
    });
    return { kind, name, key, items };
  });
}

function fromVariable({ kind, name, key, variable, value }: EnvironmentSetting): Raw {
  return { kind, name, key, items: [{ text: value, origin: { from: 'environment', variable } }] };
}

/** The setting that holds for a key: the section's own, else the unnamed section's, else none. */
export function find(settings: Settings, kind: string, name: string | undefined, key: string): Given | undefined {
  const at = (wanted: string | undefined) =>
    settings.given.find((one) => one.kind === kind && one.name === wanted && one.key === key);
  return at(name) ?? (name === undefined ? undefined : at(undefined));
}

/** The values of a section's keys: what holds, else the defaults. A list never holds a value twice. */
export function valuesOf<O extends Options>(settings: Settings, options: O, kind: string, name?: string): Values<O> {
  const rows = Object.entries(options).map(([key, option]) => {
    const values = find(settings, kind, name, key)?.values ?? [option.schema.parse(option.default)];
    return [key, option.list ? [...new Set(values)] : values[0]];
  });
  return Object.fromEntries(rows) as Values<O>;
}

function readValue(key: string, option: Option, text: string): { value?: unknown; sentence?: string } {
  try {
    return { value: option.schema.parse(text) };
  } catch (error) {
    return { sentence: `${key}${sentenceOf(error, text)}` };
  }
}

/** What a schema threw, as a sentence that shows the text once. */
function sentenceOf(error: unknown, text: string): string {
  const issue = error instanceof $ZodError ? error.issues[0] : undefined;
  let sentence = issue?.message ?? wordsOf(error);
  let known: readonly string[] = [];
  let word = text;
  if (issue?.code === 'invalid_value') {
    known = issue.values.map(String);
    sentence = `'${text}' is none of ${known.join(', ')}`;
  } else if (issue?.code === 'custom' && Array.isArray(issue.params?.known)) {
    known = issue.params.known.map(String);
    word = String(issue.params.word ?? text);
  }
  const shown = sentence.includes(text) ? '' : ` = ${text}`;
  const end = /[.?]$/.test(sentence) ? '' : '.';
  return `${shown}: ${sentence}${end}${didYouMean(word, known)}`;
}
