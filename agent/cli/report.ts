import fs from 'node:fs';
import path from 'node:path';
import { renderChecked } from './checked.ts';
import { CONFIG_OPTION, type Command } from './command.ts';
import { EXIT } from './io.ts';

const WIDE = 120;
/** As `check` has it. */
const OUTAGE = 3 * 86_400_000;

export const reportCommand: Command = {
  name: 'report',
  usage: 'report [-c FILE] [--out FILE|-]',
  summary: 'Write one file with all that a ticket needs.',
  about: [
    'Writes versions, platform, configuration, environment, status with the last warnings and errors, and what check --connect ' +
      'finds into one text file. Tokens, passwords and credentials in addresses are left out, and no line of a log file is in ' +
      'it; names of hosts, users and files are. Read it before you hand it on.',
  ],
  options: {
    config: CONFIG_OPTION,
    out: { kind: 'value', value: 'FILE', meaning: 'Where to; - for stdout. Default: ./tailship-report-DATE-TIME.txt.' },
  },
  words: 0,
  examples: [
    ['tailship report -c /etc/tailship/config.conf', 'A file for a ticket, in this folder.'],
    ['tailship report --out - | less', 'The same, to look at first.'],
  ],
  exits: [
    [0, 'The report was written, whatever is in it.'],
    [1, 'The file cannot be written.'],
    [2, 'Wrong usage.'],
  ],
  next: "What a code in it means: 'tailship explain CODE'.",
  async run(given, io) {
    const { report } = await import('../report.ts');
    const now = new Date();
    const { env, cwd } = io;
    const parts = { file: given.value('config'), env, cwd, now, outage: OUTAGE, logrotate: '/etc/logrotate.conf' };
    const text = (await report(parts))
      .map((part) => {
        const look = { wide: WIDE, colour: false, all: true };
        const body = 'text' in part ? part.text : renderChecked(part.checked, look);
        return `==== ${part.title} ====\n\n${body.trimEnd()}\n`;
      })
      .join('\n');
    const stamp = now.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
    const out = given.value('out') ?? `tailship-report-${stamp}.txt`;
    if (out === '-') io.stdout.write(text);
    else {
      // It tells much of the host, so that it is the owner's alone, and nothing that stands there is overwritten.
      const file = path.resolve(cwd, out);
      fs.writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
      io.stdout.write(`${file}\n`);
    }
    return EXIT.fine;
  },
};
