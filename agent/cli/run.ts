import { CONFIG_OPTION, type Command, durationOf, UsageProblem } from './command.ts';

const WAIT = '60s';

export const runCommand: Command = {
  name: 'run',
  usage: '[run] [-c FILE] [--once [--wait 60s]]',
  summary: 'Follow the files and ship every line (the default).',
  about: [
    'Follows the configured files through every rotation and ships each line as a syslog record, until SIGTERM or Ctrl-C. ' +
      'While the server is away all lines are kept in the spool and sent afterwards, oldest first. ' +
      'A stop leaves nothing behind: what is under way is delivered or spooled, within 5 seconds.',
    'SIGHUP reads the configuration again: only what changed is swapped, nothing is lost or sent twice, and one that is wrong leaves ' +
      'the old one running and is named in the log with its lines. SIGUSR2 writes the status to the log.',
    'With --once it ships what stands in the files now, an unterminated last line too, and ends when the server has it all.',
    'Its own log goes to stderr: readable lines on a terminal, JSON lines otherwise, with their priority where journald takes them.',
  ],
  options: {
    config: CONFIG_OPTION,
    once: { kind: 'flag', meaning: 'Ship what is there now, then end.' },
    wait: {
      kind: 'value',
      value: 'TIME',
      meaning: `With --once: give up when nothing has moved for so long; ${WAIT} if not given. What is not delivered stays for the next run.`,
    },
  },
  words: 0,
  examples: [
    ['tailship run -c /etc/tailship/config.conf', 'Run in the foreground with this configuration, as a service does.'],
    [
      'TAILSHIP_SYSLOG_TARGET=tcp://logs.example.com:514 tailship',
      'Run without a file: every key can be set by an environment variable.',
    ],
    [
      "tailship run --once --wait 5m || echo 'not all of it was delivered'",
      'Ship what is there, as from cron, and know whether all of it arrived.',
    ],
  ],
  exits: [
    [0, 'Stopped in order, or with --once: the server has all of it.'],
    [1, 'Failed: the state cannot be opened, or --once gave up with lines not delivered.'],
    [2, 'Wrong usage or configuration; every problem is named with its line.'],
  ],
  next: "Before the first run: 'tailship check --connect'. While it runs: 'tailship status'.",
  async run(given, io) {
    const wait = given.value('wait');
    const once = given.flag('once');
    if (wait !== undefined && !once)
      throw new UsageProblem('--wait belongs to --once: tailship run --once --wait 60s.');
    const { run } = await import('../run.ts');
    const { env, cwd, stderr, stop, on } = io;
    return run({
      file: given.value('config'),
      once: once ? { wait: durationOf('wait', wait ?? WAIT) } : undefined,
      env,
      cwd,
      stderr,
      stop,
      on,
    });
  },
};
