import type { Command } from './command.ts';
import { EXIT } from './io.ts';
import { completionScript } from './parse.ts';

export const completionCommand: Command = {
  name: 'completion',
  usage: 'completion',
  summary: 'Print a completion script for your shell.',
  about: ['Prints a completion script for the shell that $SHELL names: bash, zsh or fish.'],
  options: {},
  words: 0,
  examples: [
    ['tailship completion >> ~/.bashrc', 'For every new bash of this user.'],
    ['tailship completion > ~/.config/fish/completions/tailship.fish', 'The same for fish.'],
  ],
  exits: [[0, 'The script was printed.']],
  next: 'See also: tailship --help',
  async run(_given, io) {
    io.stdout.write(completionScript());
    return EXIT.fine;
  },
};
