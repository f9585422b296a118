/** The command line: argv in, exit code out. Every problem ends here as a sentence; a stack is never shown to a user. */
import { readVersion } from '../version.ts';
import { checkCommand } from './check.ts';
import { type Command, UsageProblem } from './command.ts';
import { completionCommand } from './completion.ts';
import { explainCommand } from './explain.ts';
import { renderHelp, renderOverview } from './help.ts';
import { initCommand } from './init.ts';
import { EXIT, type Io } from './io.ts';
import { type Asked, parse } from './parse.ts';
import { receiveCommand } from './receive.ts';
import { reportCommand } from './report.ts';
import { forgetCommand, rewindCommand } from './rewind.ts';
import { runCommand } from './run.ts';
import { spoolCommand } from './spool.ts';
import { statusCommand } from './status.ts';
import { tryCommand } from './try.ts';

/** In the order of the help; the first one runs when none is named. */
const COMMANDS: readonly Command[] = [
  runCommand,
  initCommand,
  tryCommand,
  checkCommand,
  statusCommand,
  spoolCommand,
  rewindCommand,
  forgetCommand,
  receiveCommand,
  explainCommand,
  reportCommand,
  completionCommand,
];

/**
 * Runs one command line (without node and script) to its end. Gives the exit code: 0 fine, 1 failed, 2 wrong usage or
 * configuration. It never throws.
 */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await carryOut(parse(argv, COMMANDS), io);
  } catch (problem) {
    return sayWhy(problem, io);
  }
}

async function sayWhy(problem: unknown, io: Io): Promise<number> {
  const sentence = problem instanceof Error ? problem.message : String(problem);
  const { ConfigProblems } = await import('../config.ts');
  if (problem instanceof ConfigProblems) {
    io.stderr.write(`${sentence}\n`); // A line for each problem, and each begins with its place.
    return EXIT.usage;
  }
  const code = problem instanceof Error && 'explain' in problem ? ` [${problem.explain}]` : '';
  io.stderr.write(`tailship: ${sentence}${code}\n`);
  return problem instanceof UsageProblem ? EXIT.usage : EXIT.failed;
}

function carryOut(asked: Asked, io: Io): number | Promise<number> {
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
    case 'completion':
      io.stdout.write(`${asked.said}\n`);
      return EXIT.fine;
  }
}
