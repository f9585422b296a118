import { wordsOf } from '../wire/words.ts';
import { CONFIG_OPTION, type Command, UsageProblem } from './command.ts';
import { EXIT } from './io.ts';

const EXITS = [
  [0, 'Done.'],
  [1, 'There is no such file, or it cannot be read, or the running agent cannot do it now.'],
  [2, 'Wrong usage or configuration.'],
] as const;

export const rewindCommand: Command = {
  name: 'rewind',
  usage: 'rewind [-c FILE] FILE|INPUT --to PLACE [--json]',
  summary: 'Send a file again from somewhere, or skip a part of it.',
  about: [
    'Moves the position of one file, or of all live files of an input, for every destination. A running agent does it itself: what ' +
      'is under way is delivered or spooled before. A byte counts as the beginning of its line. With a time the rotated files of the input are moved too; each goes on with its first line of that ' +
      'time or later, by the time that the line itself bears.',
    'What is sent again has the same identity as before, so a receiver can tell that it has it already.',
  ],
  options: {
    config: CONFIG_OPTION,
    to: {
      kind: 'value',
      value: 'PLACE',
      meaning: 'beginning, end, a byte, a time (2026-11-22T10:00), or how long ago (1d).',
    },
    json: { kind: 'flag', meaning: 'One JSON array with what was moved, for machines.' },
  },
  words: 1,
  examples: [
    ['tailship rewind /var/log/app/app.log --to beginning', 'Send this file again.'],
    ['tailship rewind web --to 1d', 'Send what the input web logged since this time yesterday again.'],
    ['tailship rewind web --to end', 'Skip what is unread of it.'],
  ],
  exits: EXITS,
  next: "To start: 'tailship'. To see the positions: 'tailship status'.",
  async run(given, io) {
    const [what] = given.words;
    const to = given.value('to');
    if (what === undefined) throw new UsageProblem('rewind needs a FILE or the name of an input.');
    if (to === undefined) throw new UsageProblem('rewind needs --to: beginning, end, a byte or a time.');
    await refuseSlip(to);
    const { rewind } = await import('../rewind.ts');
    const moved = await rewind({ file: given.value('config'), env: io.env, cwd: io.cwd, what, to });
    if (given.flag('json')) io.stdout.write(`${JSON.stringify(moved)}\n`);
    else if (moved.length === 0) io.stdout.write('No line is as young as that: nothing was moved.\n');
    for (const one of given.flag('json') ? [] : moved)
      io.stdout.write(`${one.path} for ${one.destination}: byte ${one.from ?? 0} -> ${one.to}\n`);
    return EXIT.fine;
  },
};

/** Whoever is to do it, a slip in the place is a matter of the command line. Throws UsageProblem. */
async function refuseSlip(to: string): Promise<void> {
  const { readGoal } = await import('../rewind-place.ts');
  try {
    readGoal(to, Date.now());
  } catch (problem) {
    throw new UsageProblem(wordsOf(problem));
  }
}

export const forgetCommand: Command = {
  name: 'forget',
  usage: 'forget [-c FILE] FILE|INPUT',
  summary: 'Forget that a file, or all files of an input, were ever read.',
  about: [
    'Forgets a file with all its rotated generations, or an input with all its files, as if they had never been seen: the key ' +
      'start says where reading begins, at once where an agent runs, else at its next start. What is in the spool stays there and is sent.',
    'What is sent again has a new identity, so a receiver cannot tell that it has it already; rewind keeps it.',
  ],
  options: { config: CONFIG_OPTION },
  words: 1,
  examples: [['tailship forget web', 'Begin anew with the files of the input web.']],
  exits: EXITS,
  next: "To start: 'tailship'. To go back without a new identity: 'tailship rewind'.",
  async run(given, io) {
    const [what] = given.words;
    if (what === undefined) throw new UsageProblem('forget needs a FILE or the name of an input.');
    const { forget } = await import('../rewind.ts');
    const count = await forget({ file: given.value('config'), env: io.env, cwd: io.cwd, what });
    io.stdout.write(`${count} generation${count === 1 ? ' is' : 's are'} forgotten.\n`);
    return EXIT.fine;
  },
};
