/** The man page in roff (man(7)), from the same tables as `--help`. */
import { type Command, HELP_OPTION, type OptionSpecs } from '../agent/cli/command.ts';

/** The text of tailship(1). */
export function manPage(commands: readonly Command[]): string {
  return `${[
    '.\\" Written by scripts/docs.ts from agent/cli: change that.',
    '.TH TAILSHIP 1 "" tailship "User commands"',
    section('NAME', 'tailship \\- follows log files and ships their lines as syslog'),
    section('SYNOPSIS', ...commands.map(({ usage }) => `.PP\n.B tailship ${roff(usage.replaceAll(/\n\s*/g, ' '))}`)),
    section('DESCRIPTION', text(ABOUT)),
    section('COMMANDS', 'Without a command it runs.', ...commands.map(commandText)),
    section('CONFIGURATION', text(CONFIGURATION)),
    section('FILES', ...FILES.map(([file, meaning]) => tagged(file, meaning))),
    section('SIGNALS', ...SIGNALS.map(([signal, meaning]) => tagged(signal, meaning))),
    section('EXIT STATUS', tagged('0', 'Fine.'), tagged('1', 'Failed.'), tagged('2', 'Wrong usage or configuration.')),
    section('SEE ALSO', '.BR rsyslogd (8),\n.BR logrotate (8),\n.BR journalctl (1)'),
  ].join('\n')}\n`;
}

const ABOUT =
  'tailship follows log files through every rotation, turns each line into a structured syslog record (RFC 5424, RFC 3164) and ships ' +
  'it over UDP, TCP, TLS or RELP. While the server is away it keeps everything in a SQLite spool, and sends it in order afterwards.';
const CONFIGURATION =
  'One ini file, in which every key is optional. The file config.conf.example that comes with tailship holds every key with its ' +
  'default and its meaning. Variables TAILSHIP_SECTION_KEY come before the file. tailship check says what is wrong, by line.';
const FILES = [
  ['./config.conf, /etc/tailship/config.conf', 'The configuration, where -c names none; the first that is there.'],
  [
    '/var/lib/tailship/spool.db',
    'Positions, ledger and spool ([spool] path). Beside it: .sock, the control socket; .lock; .holder.',
  ],
] as const;
const SIGNALS = [
  ['SIGTERM, SIGINT', 'Deliver or spool what is under way, and end.'],
  ['SIGHUP', 'Read the configuration again. Only what changed is swapped; a wrong one leaves the old one running.'],
  ['SIGUSR2', 'Write the status to the log.'],
] as const;

function commandText({ name, usage, about, options, examples, exits }: Command): string {
  return [
    `.SS ${quoted(`tailship ${name}`)}`,
    `.B tailship ${roff(usage.replaceAll(/\n\s*/g, ' '))}`,
    ...about.map(text),
    ...optionRows({ ...options, help: HELP_OPTION }).map(([head, meaning]) => tagged(head, meaning)),
    ...examples.map(([line, meaning]) => `.PP\n.RS 4\n.nf\n${roff(line)}\n.fi\n.RE\n.RS 8\n${roff(meaning)}\n.RE`),
    `.PP\nExit status: ${exits.map(([code, meaning]) => `${code}: ${roff(meaning)}`).join(' ')}`,
  ].join('\n');
}

function optionRows(specs: OptionSpecs): [string, string][] {
  return Object.entries(specs).map(([name, { short, value, meaning }]) => [
    `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
    meaning,
  ]);
}

const section = (title: string, ...parts: readonly string[]) => [`.SH ${quoted(title)}`, ...parts].join('\n');
const tagged = (head: string, meaning: string) => `.TP\n.B ${roff(head)}\n${roff(meaning)}`;
const text = (paragraph: string) => `.PP\n${roff(paragraph)}`;
const quoted = (words: string) => `"${roff(words)}"`;

/** Text in which nothing is taken for a request or an escape. Quotes stay plain, so that commands can be copied. */
function roff(plain: string): string {
  const escaped = plain.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll("'", '\\(aq').replaceAll('…', '...');
  return escaped.replaceAll(/^\./gm, '\\&.');
}
