/** All commands. Parsing, help and man page read this. */

import { checkCommand } from './check.ts';
import type { Command } from './command.ts';
import { completionCommand } from './completion.ts';
import { explainCommand } from './explain.ts';
import { initCommand } from './init.ts';
import { receiveCommand } from './receive.ts';
import { reportCommand } from './report.ts';
import { forgetCommand, rewindCommand } from './rewind.ts';
import { runCommand } from './run.ts';
import { spoolCommand } from './spool.ts';
import { statusCommand } from './status.ts';
import { tryCommand } from './try.ts';

/** In the order of the help; the first one runs when none is named. */
export const COMMANDS: readonly Command[] = [
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
