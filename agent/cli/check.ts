import fs from 'node:fs';
import path from 'node:path';
import { renderChecked } from './checked.ts';
import { CONFIG_OPTION, type Command, durationOf, UsageProblem } from './command.ts';
import { wantsColour } from './look.ts';

/** Where the terminal does not say how wide it is, and what is still easy to read, columns. */
const NARROW = 80;
const WIDEST = 120;
const LOGROTATE = '/etc/logrotate.conf';
/** A weekend. */
const OUTAGE = '3d';

export const checkCommand: Command = {
  name: 'check',
  usage: 'check [-c FILE] [--connect] [--outage TIME] [--values] [--json]',
  summary: 'Check configuration, files, spool and servers.',
  about: [
    'Looks at everything that a run needs and changes nothing: the configuration with all its problems at once, the patterns, ' +
      'every path with what it finds there, rights, rotated generations, the spool, its folder, who holds it and the free disk.',
    "It reads the host's logrotate configuration and says what it will do to these files, and reckons from the growth of the files " +
      'how long an outage the spool and rotation can take.',
    'With --connect it also resolves the name of each server and connects to it, over TLS with a handshake and the days ' +
      'that its certificates have left. Nothing is sent.',
  ],
  options: {
    config: CONFIG_OPTION,
    connect: { kind: 'flag', meaning: 'Also reach for the servers.' },
    outage: { kind: 'value', value: 'TIME', meaning: `The longest outage that is to be survived. Default: ${OUTAGE}.` },
    logrotate: {
      kind: 'value',
      value: 'FILE',
      meaning: "The host's logrotate configuration, or a folder of such files. Default: /etc/logrotate.conf.",
    },
    values: { kind: 'flag', meaning: 'Also show every value that is at its default.' },
    json: { kind: 'flag', meaning: 'One JSON object with all findings, for machines.' },
  },
  words: 0,
  examples: [
    ['tailship check -c ./config.conf', 'Is this configuration right, and are the files there?'],
    ['tailship check --connect --json', 'The same with the servers, as JSON for a deployment script.'],
  ],
  exits: [
    [0, 'Nothing stands in the way of a run; there may be warnings.'],
    [1, 'An error outside the configuration: files, spool or server.'],
    [2, 'Wrong usage or configuration.'],
  ],
  next: "To see what your lines become: 'tailship try'. To run: 'tailship'.",
  async run(given, io) {
    const { check } = await import('../check.ts');
    const checked = await check({
      file: given.value('config'),
      connect: given.flag('connect'),
      outage: durationOf('outage', given.value('outage') ?? OUTAGE),
      logrotate: logrotateOf(given.value('logrotate'), io.cwd),
      env: io.env,
      cwd: io.cwd,
    });
    const look = {
      wide: Math.min(Math.max(io.stdout.columns ?? NARROW, NARROW), WIDEST),
      colour: wantsColour(io),
      all: given.flag('values'),
    };
    io.stdout.write(given.flag('json') ? `${JSON.stringify(checked)}\n` : renderChecked(checked, look));
    return checked.code;
  },
};

/** Hosts without logrotate have no file at the usual place; one that was named has to be there. */
function logrotateOf(named: string | undefined, cwd: string): string {
  if (named !== undefined && !fs.existsSync(path.resolve(cwd, named)))
    throw new UsageProblem(
      `--logrotate: there is no file ${named}. Look for a slip in its name, or leave it out for ${LOGROTATE}.`,
    );
  return path.resolve(cwd, named ?? LOGROTATE);
}
