import { wrap } from '../wire/wrap.ts';
import { CONFIG_OPTION, type Command, UsageProblem } from './command.ts';
import { EXIT } from './io.ts';

export const initCommand: Command = {
  name: 'init',
  usage: 'init FILE [--target URL] [-c FILE]',
  summary: 'Look at a log file and write a configuration for it.',
  about: [
    'Tries all built-in patterns on the lines of FILE, makes one of its own where none suits, and writes a commented ' +
      'configuration that is ready to run. It overwrites nothing and sends nothing.',
  ],
  options: {
    target: { kind: 'value', value: 'URL', meaning: 'The syslog server; udp://127.0.0.1:514 if not given.' },
    config: { ...CONFIG_OPTION, meaning: 'The configuration to write; ./config.conf if not given.' },
  },
  words: 1,
  examples: [
    ['tailship init /var/log/app/app.log --target tcp://logs.example.org', 'A configuration in ./config.conf.'],
  ],
  exits: [
    [0, 'The configuration was written.'],
    [1, 'There is one already, or FILE cannot be read.'],
    [2, 'Wrong usage.'],
  ],
  next: "See what lines become: 'tailship try'. See whether all is well: 'tailship check --connect'. Then run: 'tailship'.",
  async run(given, io) {
    const [file] = given.words;
    if (file === undefined) throw new UsageProblem('Name the log file: tailship init FILE [--target URL]');
    const { writeInit } = await import('../init.ts');
    const { cwd, stop } = io;
    const parts = { file, target: given.value('target'), out: given.value('config') ?? 'config.conf', cwd, stop };
    const { out, suggestion, spool } = await writeInit(parts);
    const { best, records } = suggestion;
    const pattern = best?.builtin ? `the built-in pattern ${best.pattern}` : 'a pattern made for its lines';
    const found = best
      ? `${pattern} matches ${best.matched} of ${records} lines that begin a record`
      : 'no pattern suits its lines, which are shipped whole';
    const option = given.value('config') === undefined ? '' : ` -c ${given.value('config')}`;
    const rows = [
      ...wrap(`${out} is written: ${found}.`, 78),
      ...(spool === undefined ? [] : wrap(`Its spool is ${spool}, since you cannot make the default one.`, 78)),
      ...[
        `What lines become:    tailship try${option}`,
        `Is all well:          tailship check --connect${option}`,
        `Run:                  tailship${option}`,
      ],
    ];
    io.stdout.write(`${rows.join('\n')}\n`);
    return EXIT.fine;
  },
};
