/** From argv to a command and what was given to it, by way of yargs. Knows no command by name but the first. */
import yargs, { type Argv, type Options } from 'yargs';
import { didYouMean } from '../nearest.ts';
import { type Command, type Given, HELP_OPTION, type OptionSpecs, UsageProblem } from './command.ts';

/** What the command line asks for. `completion`: words that yargs itself offers to the shell. */
export type Asked =
  | { readonly what: 'overview' | 'version' }
  | { readonly what: 'help'; readonly command: Command }
  | { readonly what: 'run'; readonly command: Command; readonly given: Given }
  | { readonly what: 'completion'; readonly said: string };

type Args = {
  readonly [option: string]: unknown;
  readonly _: readonly (string | number)[];
  readonly help?: boolean;
  readonly version?: boolean;
};

/**
 * Reads a command line. The first of `commands` is the one that runs when none is named.
 * Throws UsageProblem with what is wrong and what may have been meant.
 */
export function parse(argv: readonly string[], commands: readonly Command[]): Asked {
  let found: { readonly command: Command; readonly args: Args } | undefined;
  let said = '';
  const parser = bare().parserConfiguration({
    ...{ 'camel-case-expansion': false, 'dot-notation': false, 'boolean-negation': false, 'strip-aliased': true },
    ...{ 'parse-numbers': false, 'parse-positional-numbers': false, 'greedy-arrays': false },
  });
  for (const command of commands) {
    const names = command === commands[0] ? [command.name, '$0'] : [command.name];
    const take = (args: Args) => {
      found = { command, args };
    };
    parser.command(names, command.summary, (own: Argv) => own.options(toYargs(command.options)), take);
  }
  parser.fail((message: string) => {
    throw new UsageProblem(message);
  });
  try {
    parser.parse([...argv], {}, (_problem, _args, output) => {
      said = output;
    });
  } catch (problem) {
    throw new UsageProblem(inOurWords(problem));
  }
  if (said !== '') return { what: 'completion', said };
  return found ? toAsked(found.command, found.args, commands) : { what: 'overview' };
}

/** The script by which `shell` (a name or a path) completes command lines: that of bash where it is neither zsh nor fish. */
export function completionScript(shell: string): string {
  let script = '';
  const { SHELL, ZSH_NAME } = process.env;
  try {
    // yargs looks there and nowhere else.
    process.env.SHELL = shell;
    delete process.env.ZSH_NAME;
    bare()
      .completion('completion', false)
      .parse(['completion'], {}, (_problem, _args, output) => {
        script = output;
      });
  } finally {
    if (SHELL === undefined) delete process.env.SHELL;
    else process.env.SHELL = SHELL;
    if (ZSH_NAME !== undefined) process.env.ZSH_NAME = ZSH_NAME;
  }
  return `${script}\n`;
}

function bare(): Argv {
  return yargs().scriptName('tailship').exitProcess(false).detectLocale(false).help(false).version(false);
}

function toYargs(specs: OptionSpecs): Record<string, Options> {
  const options: Record<string, Options> = {};
  for (const [name, { kind, short, meaning }] of Object.entries({ ...specs, help: HELP_OPTION })) {
    const type = kind === 'flag' ? 'boolean' : 'string';
    options[name] = {
      ...{ type, describe: meaning, array: kind === 'list', requiresArg: kind !== 'flag' },
      ...(short === undefined ? {} : { alias: short }),
    };
  }
  return options;
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
    // yargs takes --once=maybe for --once=false.
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

/** What yargs found wrong, said as the rest of the program speaks. */
function inOurWords(problem: unknown): string {
  const message =
    problem instanceof UsageProblem ? problem.message : "The command line cannot be read. See 'tailship --help'.";
  const lacking = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (lacking !== undefined) return `${lacking.length > 1 ? '--' : '-'}${lacking} needs a value behind it.`;
  return message;
}
