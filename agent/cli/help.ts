/** Help texts for a terminal of 80 columns. */

import { wrap } from '../wire/wrap.ts';
import { type Command, HELP_OPTION, type OptionSpecs } from './command.ts';

const WIDTH = 80;

/** The text of `tailship --help`. */
export function renderOverview(commands: readonly Command[], version: string): string {
  const list = commands.map(({ name, summary }): Row => [`tailship ${name}`, summary]);
  return blocks([
    wrap(
      `tailship ${version} follows log files through every rotation and ships each line as a structured syslog record.`,
      WIDTH,
    ).join('\n'),
    `Usage: tailship [COMMAND] [OPTIONS]\nWithout a command it runs (tailship run).`,
    section('Commands', rows(list)),
    section(
      'Options',
      rows([
        ['-h, --help', 'This text; behind a command the help of that command.'],
        ['--version', 'The version.'],
      ]),
    ),
    section(
      'First steps',
      rows([
        ['tailship try app.log', 'See what your lines become. Nothing is sent.'],
        ['tailship check --connect', 'See whether configuration, files and server are ready.'],
        ['tailship', 'Run, until SIGTERM or Ctrl-C.'],
        ['tailship status', 'See from another terminal how it is doing.'],
      ]),
    ),
    'Exit codes: 0 fine, 1 failed, 2 wrong usage or configuration.',
  ]);
}

/** The text of `tailship COMMAND --help`. */
export function renderHelp(command: Command): string {
  return blocks([
    `Usage: tailship ${command.usage.replaceAll('\n', `\n${' '.repeat(14)}`)}`,
    ...command.about.map((paragraph) => wrap(paragraph, WIDTH).join('\n')),
    section('Options', rows(optionRows({ ...command.options, help: HELP_OPTION }))),
    section('Examples', command.examples.map(([line, meaning]) => `  ${line}\n${indent(meaning, 6)}`).join('\n')),
    section('Exit codes', rows(command.exits.map(([code, meaning]): Row => [String(code), meaning]))),
    wrap(command.next, WIDTH).join('\n'),
  ]);
}

type Row = readonly [left: string, right: string];

function optionRows(options: OptionSpecs): Row[] {
  return Object.entries(options).map(([name, { short, value, meaning }]) => [
    `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`,
    meaning,
  ]);
}

/** Two columns, the right one wrapped. */
function rows(list: readonly Row[]): string {
  const left = Math.max(...list.map(([text]) => text.length)) + 4;
  return list
    .map(([text, meaning]) => `  ${text.padEnd(left - 2)}${wrap(meaning, WIDTH - left).join(`\n${' '.repeat(left)}`)}`)
    .join('\n');
}

function section(title: string, body: string): string {
  return `${title}:\n${body}`;
}

function indent(text: string, by: number): string {
  return wrap(text, WIDTH - by)
    .map((line) => ' '.repeat(by) + line)
    .join('\n');
}

function blocks(texts: readonly string[]): string {
  return `${texts.join('\n\n')}\n`;
}
