import type { Checked } from '../check.ts';
import type { Finding } from '../findings.ts';
import { CONFIG_OPTION, type Command } from './command.ts';
import { EXIT } from './io.ts';
import { wrap } from './text.ts';

export const checkCommand: Command = {
  name: 'check',
  usage: 'check [-c FILE] [--connect] [--json]',
  summary: 'Check configuration, files, spool and servers.',
  about: [
    'Looks at everything that a run needs and changes nothing: the configuration with all its problems at once, the patterns, ' +
      'every path with what it finds there, rights, rotated generations, the spool, its folder, who holds it and the free disk.',
    'With --connect it also resolves the name of each server and connects to it, over TLS with a handshake and the days ' +
      'that its certificates have left. Nothing is sent.',
  ],
  options: {
    config: CONFIG_OPTION,
    connect: { kind: 'flag', meaning: 'Also reach for the servers.' },
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
      env: io.env,
      cwd: io.cwd,
    });
    io.stdout.write(given.flag('json') ? `${JSON.stringify(checked)}\n` : renderChecked(checked));
    return checked.code;
  },
};

function renderChecked({ findings, code }: Checked): string {
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const number = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;
  const verdict =
    code === EXIT.fine ? 'Nothing stands in the way of a run.' : 'Not ready to run: see the errors above.';
  const counts = `${number(count('error'), 'error')}, ${number(count('warning'), 'warning')}`;
  return `${findings.map(renderFinding).join('\n')}\n\n${counts}. ${verdict}\n`;
}

/** The level, then the sentences, with the cure on lines of its own. Where nothing is to be done the place is of no interest. */
function renderFinding({ level, what, where, cure }: Finding): string {
  const mark = level.padEnd(9);
  const text = [
    ...wrap(where === undefined || level === 'ok' ? what : `${where}: ${what}`, 71),
    ...(cure === undefined ? [] : wrap(cure, 71)),
  ];
  return mark + text.join(`\n${' '.repeat(mark.length)}`);
}
