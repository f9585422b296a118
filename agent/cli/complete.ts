/** Completion of command lines in a shell, which is yargs's: its scripts, and the words that they ask for. */
import yargs, { type Argv, type Options } from 'yargs';
import { type Command, HELP_OPTION, type OptionSpecs } from './command.ts';

/** The words with which `argv`, as the script handed it in, can go on; a line each. */
export function wordsToGoOn(argv: readonly string[], commands: readonly Command[]): string {
  let words = '';
  const parser = bare();
  for (const { name, summary, options } of commands)
    parser.command(name === commands[0]?.name ? [name, '$0'] : name, summary, (own: Argv) =>
      own.options(toYargs(options)),
    );
  parser.parse([...argv], {}, (_problem, _args, output) => {
    words = output;
  });
  return `${words}\n`;
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
      ...{ type, describe: meaning, array: kind === 'list' },
      ...(short === undefined ? {} : { alias: short }),
    };
  }
  return options;
}
