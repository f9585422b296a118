/** From argv to a command and what was given to it, by way of yargs-parser. Knows no command by name but the first. */
import parser, { type Options } from 'yargs-parser';
import { didYouMean } from '../nearest.ts';
import { type Command, type Given, HELP_OPTION, type OptionSpecs, UsageProblem } from './command.ts';

/** What the command line asks for. `completion`: words to go on with, which the shell's completion script asks for. */
export type Asked =
  | { readonly what: 'overview' | 'version' | 'completion' }
  | { readonly what: 'help'; readonly command: Command }
  | { readonly what: 'run'; readonly command: Command; readonly given: Given };

type Args = {
  readonly [option: string]: unknown;
  readonly _: readonly (string | number)[];
  readonly help?: boolean;
  readonly version?: boolean;
};

/** How yargs's completion script asks for words. */
const COMPLETION = '--get-yargs-completions';
/** A line is taken as it is written. */
const CONFIGURATION: Options['configuration'] = {
  ...{ 'camel-case-expansion': false, 'dot-notation': false, 'boolean-negation': false, 'strip-aliased': true },
  ...{ 'parse-numbers': false, 'parse-positional-numbers': false, 'greedy-arrays': false },
};

/**
 * Reads a command line. The first of `commands` is the one that runs when none is named.
 * Throws UsageProblem with what is wrong and what may have been meant.
 */
export function parse(argv: readonly string[], commands: readonly Command[]): Asked {
  if (argv[0]?.startsWith(COMPLETION)) return { what: 'completion' };
  const args = read(argv, parserOptions(commands));
  const command = commands.find(({ name }) => name === args._[0]) ?? commands[0]!;
  return toAsked(command, args, commands);
}

function read(argv: readonly string[], options: Options): Args {
  let found: parser.DetailedArguments;
  try {
    found = parser.detailed([...argv], options);
  } catch {
    throw new UsageProblem("The command line cannot be read. See 'tailship --help'.");
  }
  if (found.error) throw new UsageProblem(inOurWords(found.error));
  return found.argv;
}

/** An option of one name is of one kind, whatever the command: so a line can be read before its command is known. */
function parserOptions(commands: readonly Command[]): Options {
  const specs: OptionSpecs = Object.assign({}, ...commands.map(({ options }) => options), { help: HELP_OPTION });
  const options = { boolean: ['version'], string: [] as string[], array: [] as string[] };
  const alias: Record<string, string[]> = {};
  const narg: Record<string, number> = {};
  for (const [name, { kind, short }] of Object.entries(specs)) {
    options[kind === 'flag' ? 'boolean' : 'string'].push(name);
    if (kind === 'list') options.array.push(name);
    // Not a number: one value at least.
    if (kind !== 'flag') narg[name] = Number.NaN;
    if (short !== undefined) alias[name] = [short];
  }
  return { ...options, alias, narg, configuration: CONFIGURATION };
}

function toAsked(command: Command, args: Args, commands: readonly Command[]): Asked {
  const words = args._.map(String);
  const named = words[0] === command.name;
  if (named) words.shift();
  if (!named && words[0] === 'help') return helpFor(words.slice(1), commands);
  if (!named && words[0] !== undefined) throw unknownCommand(words[0], commands);
  if (args.help === true) return named ? { what: 'help', command } : { what: 'overview' };
  if (!named && args.version === true) return { what: 'version' };
  refuseUnknownOptions(command, args, named);
  if (words.length > command.words) {
    const what = command.words === 0 ? 'takes no words besides options' : `takes ${command.words} word at most`;
    throw new UsageProblem(`tailship ${command.name} ${what}, and '${words[command.words]}' is one too many.`);
  }
  return { what: 'run', command, given: toGiven(command.options, args, words) };
}

function helpFor(words: readonly string[], commands: readonly Command[]): Asked {
  const [name] = words;
  if (name === undefined) return { what: 'overview' };
  const command = commands.find((one) => one.name === name);
  if (!command) throw unknownCommand(name, commands);
  return { what: 'help', command };
}

function unknownCommand(word: string, commands: readonly Command[]): UsageProblem {
  const names = commands.map(({ name }) => name);
  const near = didYouMean(word, names, (name) => `'tailship ${name}'`);
  return new UsageProblem(`'${word}' is no command of tailship.${near || ` There are: ${names.join(', ')}.`}`);
}

function refuseUnknownOptions(command: Command, args: Args, named: boolean): void {
  const known = Object.keys(command.options);
  for (const name of Object.keys(args)) {
    if (name === '_' || name === '$0' || name === 'help' || known.includes(name)) continue;
    const others = [...known, 'help', ...(named ? [] : ['version'])];
    const near = name.length > 1 ? didYouMean(name, others, (other) => `--${other}`) : '';
    const option = name.length > 1 ? `--${name}` : `-${name}`;
    const cure = near || ` See 'tailship ${command.name} --help'.`;
    throw new UsageProblem(`${option} is no option of tailship ${command.name}.${cure}`);
  }
}

function toGiven(specs: OptionSpecs, args: Args, words: readonly string[]): Given {
  for (const [name, { kind, value }] of Object.entries(specs)) {
    // The parser takes --once=maybe for --once=false.
    if (kind === 'flag' && args[name] === false) throw new UsageProblem(`--${name} stands alone and takes no value.`);
    if (kind !== 'flag' && args[name] === '') throw new UsageProblem(`--${name} needs a value: --${name} ${value}.`);
    if (kind === 'value' && Array.isArray(args[name])) throw new UsageProblem(`--${name} was given twice.`);
  }
  return {
    flag: (name) => args[name] === true,
    value: (name) => (typeof args[name] === 'string' ? args[name] : undefined),
    list: (name) => (Array.isArray(args[name]) ? args[name].map(String) : []),
    words,
  };
}

/** What the parser found wrong, said as the rest of the program speaks. */
function inOurWords({ message }: Error): string {
  const lacking = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (lacking === undefined) return "The command line cannot be read. See 'tailship --help'.";
  return `${lacking.length > 1 ? '--' : '-'}${lacking} needs a value behind it.`;
}
