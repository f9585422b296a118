/** The composition behind `tailship init`: looks at a file and writes a configuration for it that is ready to run. */
import fs from 'node:fs';
import path from 'node:path';
import { $ZodError } from 'zod/v4/core';
import { may, ownName } from './check-rights.ts';
import { linkOptions } from './ship/options.ts';
import { spoolOptions } from './store/options.ts';
import { type Suggestion, suggest } from './suggest.ts';
import { openFile } from './try-source.ts';

export type InitParts = {
  /** The log file. */
  readonly file: string;
  /** Where to ship to; the default when undefined. */
  readonly target: string | undefined;
  /** The configuration to write. */
  readonly out: string;
  readonly cwd: string;
  readonly stop: AbortSignal;
  /** Whether this user has rights on a folder; what the system says by default. */
  readonly may?: typeof may;
};

export type Written = {
  /** The configuration. */
  readonly out: string;
  readonly suggestion: Suggestion;
  /** The spool that it names, for the default one cannot be made by this user; undefined where that can. */
  readonly spool: string | undefined;
};

const DEFAULT_SPOOL = spoolOptions.path.default;

/** A sentence with the cure. */
class InitProblem extends Error {}
/** The same for a command line that is wrong. */
class WrongUsage extends InitProblem {
  readonly exit = 2;
}

/**
 * Gives what was written and why. Throws InitProblem when there is one already or the target is
 * none, and TryProblem when the log file cannot be read; then nothing is written.
 */
export async function writeInit(parts: InitParts): Promise<Written> {
  const out = path.resolve(parts.cwd, parts.out);
  if (fs.existsSync(out)) throw new InitProblem(taken(out));
  refuseTarget(parts.target ?? linkOptions.target.default);
  const file = path.resolve(parts.cwd, parts.file);
  if (file.includes("'"))
    throw new InitProblem(
      `${file} has a single quote in its name, which the configuration cannot hold. Name a folder or a link without one.`,
    );
  const suggestion = await suggest(openFile(file, 'init'), 'utf-8', parts.stop);
  const spool = spoolBeside(out, parts.may ?? may);
  try {
    const target = parts.target ?? linkOptions.target.default;
    fs.writeFileSync(out, configText(file, target, suggestion, spool), { flag: 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new InitProblem(taken(out));
    throw new InitProblem(`${out} cannot be written: ${message}. Name another place with -c.`);
  }
  return { out, suggestion, spool };
}

/** A spool beside the configuration, where this user can write; undefined where the default can be made or is there. */
function spoolBeside(out: string, mayWrite: typeof may): string | undefined {
  const folder = path.dirname(DEFAULT_SPOOL);
  const there = [folder, path.dirname(folder)].find((one) => fs.existsSync(one));
  const good = there !== undefined && mayWrite(there, fs.constants.W_OK | fs.constants.X_OK);
  return good ? undefined : path.join(path.dirname(out), 'spool.db');
}

function refuseTarget(text: string): void {
  try {
    linkOptions.target.schema.parse(text);
  } catch (problem) {
    const reason = problem instanceof $ZodError ? problem.issues[0]?.message : (problem as Error).message;
    throw new WrongUsage(`--target: ${reason}.`);
  }
}

function taken(out: string): string {
  return `${out} is there already and is left as it is. Name another one with -c, or remove it first.`;
}

/** The configuration, with comments for whoever reads it next. */
function configText(file: string, target: string, suggestion: Suggestion, spool: string | undefined): string {
  return [
    `; tailship: ${file} to ${target}`,
    "; 'tailship try' shows what lines become, 'tailship check --connect' whether all is well. Every key is explained in",
    '; config.conf.example. What begins with ; is the default.',
    '',
    '[input]',
    `path = ${quoted(file)}`,
    '; beginning: all that is in the file, then what is added. end: only what is added from now on. oldest: rotated files too.',
    ';start = beginning',
    '',
    '[transform]',
    ...patternText(suggestion),
    '; The zone of times that do not name their own.',
    ';timezone = local',
    '',
    '[owners]',
    '; Facility and severity by who wrote a line, such as',
    ';sshd = authpriv.*',
    ';* = user.info',
    '',
    '[syslog]',
    `target = ${quoted(target)}`,
    '; SD-ID of the element by which records are known again: put your own enterprise number there if you have one.',
    ';sd_id = tail@32473',
    '',
    '[spool]',
    '; What cannot be sent yet is kept here, with the position in every file.',
    ...(spool === undefined
      ? [`;path = ${DEFAULT_SPOOL}`]
      : [
          `; The user ${ownName()} cannot make ${DEFAULT_SPOOL}, the default: take this line out where tailship runs as a service.`,
          `path = ${quoted(spool)}`,
        ]),
    '',
  ].join('\n');
}

function patternText({ best, records, lines, settings }: Suggestion): string[] {
  if (best === undefined) {
    const why = lines === 0 ? 'The file was empty' : 'No pattern was found that matches its lines';
    return [
      `; ${why}: lines that the pattern does not match are shipped whole.`,
      ';pattern = app',
      ';unmatched = ship',
    ];
  }
  const [pattern = '', joins] = settings;
  return [
    `; Matched ${best.matched} of ${records} lines that begin a record, and found ${best.finds.join(', ')}.`,
    pattern,
    ...(joins === undefined
      ? ['; Other lines: ship them whole, drop them, or join them to the record before.', ';unmatched = ship']
      : ['; Other lines, such as those of stack traces, stay in one record with the line before.', joins]),
  ];
}

/** Quoted where the value would not be read as it stands. */
function quoted(text: string): string {
  return /^[\w./:@,*-]+$/.test(text) ? text : `'${text}'`;
}
