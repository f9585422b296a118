/** What a command is: what it takes, what it says of itself, and what it does. Parsing and help texts both read this. */
import { parseDuration } from '../wire/units.ts';
import type { Io } from './io.ts';

export type OptionSpec = {
  /** A flag stands alone, a value takes one word, a list may be given several times. */
  readonly kind: 'flag' | 'value' | 'list';
  readonly short?: string;
  /** How the help calls the value: FILE, URL … */
  readonly value?: string;
  readonly meaning: string;
};
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** What was given on the command line. Names are those of the command's own options. */
export type Given = {
  flag(name: string): boolean;
  value(name: string): string | undefined;
  list(name: string): readonly string[];
  readonly words: readonly string[];
};

export type Command = {
  readonly name: string;
  /** The line behind `tailship`, e.g. `try [-c FILE] [FILE|-]`. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What it does, a paragraph each. */
  readonly about: readonly string[];
  readonly options: OptionSpecs;
  /** How many words besides options it takes at most. */
  readonly words: number;
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  readonly exits: readonly (readonly [code: number, meaning: string])[];
  /** Where to go next. */
  readonly next: string;
  /** Gives the exit code. */
  run(given: Given, io: Io): Promise<number>;
};

/** The command line is wrong: the sentence says what and how it would be right. Exit code 2. */
export class UsageProblem extends Error {}

/** Options that several commands share, so that they mean the same everywhere. */
export const CONFIG_OPTION: OptionSpec = {
  kind: 'value',
  short: 'c',
  value: 'FILE',
  meaning: 'Configuration file. Without it: ./config.conf, else /etc/tailship/config.conf, else the defaults.',
};
export const HELP_OPTION: OptionSpec = { kind: 'flag', short: 'h', meaning: 'This text.' };

/** The value of an option that is a time, in ms. Throws UsageProblem. */
export function durationOf(option: string, text: string): number {
  try {
    return parseDuration(text);
  } catch (problem) {
    throw new UsageProblem(`--${option}: ${(problem as Error).message}.`);
  }
}
