import { CONFIG_OPTION, type Command } from './command.ts';
import { EXIT, type Io } from './io.ts';

/** How often --watch asks, ms. */
const EVERY = 1_000;

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
    watch: { kind: 'flag', meaning: 'Show it anew every second, until Ctrl-C.' },
  },
  words: 0,
  examples: [
    ['tailship status -c /etc/tailship/config.conf', 'How is the agent with this configuration doing?'],
    ["tailship status --json | jq '.destinations[].spool.bytes'", 'How much waits in the spool?'],
  ],
  exits: [
    [0, 'An agent is running.'],
    [1, 'No agent is running, or it cannot be asked.'],
    [2, 'Wrong usage or configuration.'],
  ],
  next: "When something is wrong: 'tailship check --connect' looks at configuration, files, spool and server.",
  async run(given, io) {
    const { askStatus } = await import('../status.ts');
    const ask = async () => {
      const { running, json, text } = await askStatus({ file: given.value('config'), env: io.env, cwd: io.cwd });
      return { running, shown: given.flag('json') ? `${JSON.stringify(json)}\n` : text };
    };
    if (given.flag('watch')) return watch(ask, io, given.flag('json'));
    const { running, shown } = await ask();
    io.stdout.write(shown);
    return running ? EXIT.fine : EXIT.failed;
  },
};

type Shown = { readonly running: boolean; readonly shown: string };

/** Redraws on a terminal; elsewhere one answer follows the other. */
async function watch(ask: () => Promise<Shown>, io: Io, json: boolean): Promise<number> {
  const redraw = io.stdout.isTTY === true && !json;
  if (redraw) io.stdout.write('\x1b[2J');
  for (;;) {
    const { running, shown } = await ask();
    // Home, each line cleared to its end, then all below: no flicker.
    io.stdout.write(redraw ? `\x1b[H${shown.replaceAll('\n', '\x1b[K\n')}\x1b[J` : shown);
    await pause(EVERY, io.stop);
    if (io.stop.aborted) return running ? EXIT.fine : EXIT.failed;
  }
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    stop.addEventListener('abort', end);
    if (stop.aborted) end();
  });
}
