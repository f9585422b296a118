import { CONFIG_OPTION, type Command } from './command.ts';
import { EXIT } from './io.ts';
import { lookOf } from './look.ts';
import { watch } from './watch.ts';

export const statusCommand: Command = {
  name: 'status',
  usage: 'status [-c FILE] [--json] [--watch]',
  summary: 'Show how the agent is doing.',
  about: [
    'Asks the running agent over its control socket, which stands beside the spool and belongs to the user of the agent: ' +
      'the link to each server, spool, files and how far each has been shipped, the ledger, losses, the last errors.',
    'If no agent answers, it says so and shows what the state file holds.',
  ],
  options: {
    config: CONFIG_OPTION,
    json: { kind: 'flag', meaning: 'The same as one JSON object, for machines.' },
    watch: {
      kind: 'flag',
      meaning:
        'Show it on the whole terminal, anew every second, until q or Ctrl-C; arrows move. Elsewhere: a line every 10 seconds and at ' +
        'every change of state, with --json an object every second.',
    },
  },
  words: 0,
  examples: [
    ['tailship status -c /etc/tailship/config.conf', 'How is the agent with this configuration doing?'],
    ['tailship status --watch', 'Look on while it works.'],
    ["tailship status --json | jq '.destinations[].spool.bytes'", 'How much waits in the spool?'],
  ],
  exits: [
    [0, 'An agent is running.'],
    [1, 'No agent is running, or it cannot be asked.'],
    [2, 'Wrong usage or configuration.'],
  ],
  next: "When something is wrong: 'tailship check --connect' looks at configuration, files, spool and server.",
  async run(given, io) {
    const parts = { file: given.value('config'), env: io.env, cwd: io.cwd };
    const asJson = given.flag('json');
    if (given.flag('watch')) {
      const { createWatch } = await import('../watch.ts');
      return watch(createWatch(parts), io, asJson);
    }
    const { askStatus } = await import('../status.ts');
    const { running, json, text } = await askStatus(parts);
    io.stdout.write(asJson ? `${JSON.stringify(json)}\n` : text(lookOf(io)));
    return running ? EXIT.fine : EXIT.failed;
  },
};
