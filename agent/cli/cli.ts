/** The command line: argv in, exit code out. Every problem ends here as a sentence; a stack is never shown to a user. */
import { readVersion } from '../version.ts';
import { forJournal } from '../wire/journal.ts';
import { wordsOf } from '../wire/words.ts';
import { UsageProblem } from './command.ts';
import { COMMANDS } from './commands.ts';
import { renderHelp, renderOverview } from './help.ts';
import { EXIT, type Io } from './io.ts';
import { type Asked, parse } from './parse.ts';

/**
 * Runs one command line (without node and script) to its end. Gives the exit code: 0 fine, 1 failed, 2 wrong usage or
 * configuration. It never throws.
 */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await carryOut(parse(argv, COMMANDS), argv, io);
  } catch (problem) {
    return sayWhy(problem, io);
  }
}

async function sayWhy(problem: unknown, io: Io): Promise<number> {
  const sentence = wordsOf(problem);
  const say = (text: string) => io.stderr.write(io.stderr.journal ? forJournal('error', text) : text);
  const { ConfigProblems } = await import('../config.ts');
  if (problem instanceof ConfigProblems) {
    // A line for each problem, and each begins with its place.
    say(`${problem.withCodes()}\n`);
    return EXIT.usage;
  }
  const code = problem instanceof Error && 'explain' in problem ? ` [${problem.explain}]` : '';
  say(`tailship: ${sentence}${code}\n`);
  const usage =
    problem instanceof UsageProblem || (problem instanceof Error && 'exit' in problem && problem.exit === EXIT.usage);
  return usage ? EXIT.usage : EXIT.failed;
}

async function carryOut(asked: Asked, argv: readonly string[], io: Io): Promise<number> {
  switch (asked.what) {
    case 'run':
      return asked.command.run(asked.given, io);
    case 'overview':
      io.stdout.write(renderOverview(COMMANDS, readVersion()));
      return EXIT.fine;
    case 'help':
      io.stdout.write(renderHelp(asked.command));
      return EXIT.fine;
    case 'version':
      io.stdout.write(`${readVersion()}\n`);
      return EXIT.fine;
    case 'completion': {
      const { wordsToGoOn } = await import('./complete.ts');
      io.stdout.write(wordsToGoOn(argv, COMMANDS));
      return EXIT.fine;
    }
  }
}
