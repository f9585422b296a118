import { type Command, UsageProblem } from './command.ts';
import { EXIT } from './io.ts';

const SHELLS = ['bash', 'zsh', 'fish'];

export const completionCommand: Command = {
  name: 'completion',
  usage: 'completion [bash|zsh|fish]',
  summary: 'Print a completion script for your shell.',
  about: ['Prints a completion script for bash, zsh or fish; without a word for the shell that $SHELL names.'],
  options: {},
  words: 1,
  examples: [
    ['tailship completion bash >> ~/.bashrc', 'For every new bash of this user.'],
    ['tailship completion fish > ~/.config/fish/completions/tailship.fish', 'The same for fish.'],
  ],
  exits: [
    [0, 'The script was printed.'],
    [2, 'There is no script for that shell.'],
  ],
  next: 'See also: tailship --help',
  async run(given, io) {
    const [shell] = given.words;
    if (shell !== undefined && !SHELLS.includes(shell))
      throw new UsageProblem(
        `'${shell}' is no shell that a script can be printed for. There are: ${SHELLS.join(', ')}.`,
      );
    const { completionScript } = await import('./complete.ts');
    io.stdout.write(completionScript(shell ?? io.env.SHELL ?? 'bash'));
    return EXIT.fine;
  },
};
