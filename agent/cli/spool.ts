import { setImmediate as breathe } from 'node:timers/promises';
import type { Wanted } from '../spool.ts';
import { formatSize } from '../wire/units.ts';
import { CONFIG_OPTION, type Command, durationOf, type Given, UsageProblem } from './command.ts';
import { EXIT, type Io } from './io.ts';
import { lookOf } from './look.ts';

const WAIT = '60s';

/** What each verb takes besides --config and --help. */
const VERBS = {
  ls: ['json'],
  export: ['destination', 'input', 'older-than', 'refused', 'out'],
  drop: ['destination', 'input', 'older-than', 'refused', 'yes'],
  retry: ['destination', 'input', 'older-than'],
  drain: ['destination', 'wait'],
} as const satisfies Record<string, readonly string[]>;
type Verb = keyof typeof VERBS;

export const spoolCommand: Command = {
  name: 'spool',
  usage: 'spool ls|export|drain|drop|retry [-c FILE] [OPTIONS]',
  summary: 'List, copy, send or drop what waits for a server.',
  about: [
    'ls shows what waits for each destination; orphaned is one that the configuration no longer names: nothing sends it.',
    'export writes the messages as they would be sent, one a line, oldest first, and takes nothing out. Both only read, beside a ' +
      'running agent too.',
    'drain sends what waits, reads no file, and ends when the servers have it all; where an agent runs, it watches that one do it.',
    'drop throws away what waits. Its lines are counted as dropped{cause="by-hand"}, and it asks before. A running agent does it ' +
      'itself; what it has on the wire at that moment may still arrive.',
    'retry sends once more what a server refused for good: such records are set aside in the spool, so that they hold nobody up, and ' +
      'ls lists them apart. They go to the end of the queue; a running agent takes them up at once, a stopped one at its next start.',
  ],
  options: {
    config: CONFIG_OPTION,
    json: { kind: 'flag', meaning: 'ls: one JSON object, for machines.' },
    destination: {
      kind: 'list',
      value: 'NAME',
      meaning: 'export, drop, retry, drain: only what waits for this one; repeatable.',
    },
    input: { kind: 'value', value: 'NAME', meaning: 'export, drop, retry: only what came from this input.' },
    'older-than': {
      kind: 'value',
      value: 'TIME',
      meaning: 'export, drop, retry: only what has waited for longer, e.g. 2d.',
    },
    refused: { kind: 'flag', meaning: 'export, drop: what the server refused for good, instead of what waits.' },
    out: { kind: 'value', value: 'FILE', meaning: 'export: into this new file instead of stdout.' },
    yes: { kind: 'flag', meaning: 'drop: do not ask.' },
    wait: {
      kind: 'value',
      value: 'TIME',
      meaning: `drain: give up when nothing has moved for so long; ${WAIT} if not given.`,
    },
  },
  words: 1,
  examples: [
    ['tailship spool ls', 'How much waits, for whom, and since when?'],
    ['tailship spool export --out waiting.log', 'Keep a copy of what was never sent.'],
    ['tailship spool drain --wait 5m', 'Send what a stopped agent has left, before the machine goes.'],
    ['tailship spool retry', 'The server takes now what it refused: send it once more.'],
    ['tailship spool drop --destination old --yes', 'Be rid of what waits for a server that is gone.'],
  ],
  exits: [
    [0, 'Done; drain: the servers have all of it.'],
    [1, 'Failed, or drain gave up with lines not delivered, or drop was not confirmed.'],
    [2, 'Wrong usage or configuration.'],
  ],
  next: "For link and ledger beside it: 'tailship status'.",
  async run(given, io) {
    switch (verbOf(given)) {
      case 'ls':
        return list(given, io);
      case 'export':
        return write(given, io);
      case 'drop':
        return drop(given, io);
      case 'retry':
        return retry(given, io);
      case 'drain':
        return drain(given, io);
    }
  },
};

function verbOf(given: Given): Verb {
  const [word] = given.words;
  const verbs = Object.keys(VERBS).join(', ');
  if (word === undefined) throw new UsageProblem(`tailship spool needs to know what to do: ${verbs}.`);
  if (!Object.hasOwn(VERBS, word)) throw new UsageProblem(`'${word}' is nothing that tailship spool does: ${verbs}.`);
  const verb = word as Verb;
  const takes: readonly string[] = [...VERBS[verb], 'config'];
  for (const [name, { kind }] of Object.entries(spoolCommand.options)) {
    const there =
      kind === 'flag'
        ? given.flag(name)
        : kind === 'list'
          ? given.list(name).length > 0
          : given.value(name) !== undefined;
    if (there && !takes.includes(name)) throw new UsageProblem(`--${name} says nothing to tailship spool ${verb}.`);
  }
  return verb;
}

const placeOf = (given: Given, { env, cwd }: Io) => ({ file: given.value('config'), env, cwd });

function wantedOf(given: Given): Wanted {
  const age = given.value('older-than');
  return {
    destinations: given.list('destination'),
    input: given.value('input'),
    refused: given.flag('refused'),
    olderThan: age === undefined ? undefined : durationOf('older-than', age),
  };
}

async function list(given: Given, io: Io): Promise<number> {
  const { listSpool } = await import('../spool-list.ts');
  const { json, text } = listSpool(placeOf(given, io));
  io.stdout.write(given.flag('json') ? `${JSON.stringify(json)}\n` : text(lookOf(io)));
  return EXIT.fine;
}

async function write(given: Given, io: Io): Promise<number> {
  const { exportSpool, openOut } = await import('../spool.ts');
  const file = given.value('out');
  // A bar among the messages would serve nobody.
  const talk = file === undefined && io.stdout.isTTY === true ? undefined : io.stderr;
  const messages = exportSpool(placeOf(given, io), wantedOf(given), talk);
  const out = file === undefined ? undefined : openOut(file);
  try {
    for (const bytes of messages) {
      if (io.stop.aborted) return EXIT.failed;
      if (out) {
        out.write(bytes);
        await breathe(); // Whoever wants to stop it is heard.
      } else await new Promise<void>((done) => io.stdout.write(bytes, () => done()));
    }
  } finally {
    out?.close();
  }
  return EXIT.fine;
}

async function drop(given: Given, io: Io): Promise<number> {
  const { prepareDrop } = await import('../spool.ts');
  const { matched, carryOut } = prepareDrop(placeOf(given, io), wantedOf(given));
  if (matched.rows === 0) {
    io.stderr.write(given.flag('refused') ? 'Nothing of that was refused.\n' : 'Nothing of that waits in the spool.\n');
    return EXIT.fine;
  }
  if (!given.flag('yes') && !(await confirmed(`Drop ${amount(matched)}? They will never be sent. [y/N] `, io))) {
    io.stderr.write('Nothing was dropped.\n');
    return EXIT.failed;
  }
  const dropped = await carryOut(io.stderr);
  io.stderr.write(`Dropped ${amount(dropped)}.\n`);
  return EXIT.fine;
}

async function retry(given: Given, io: Io): Promise<number> {
  const { prepareRetry } = await import('../spool.ts');
  const { matched, carryOut } = prepareRetry(placeOf(given, io), wantedOf(given));
  const taken = matched.rows === 0 ? undefined : await carryOut(io.stderr);
  io.stderr.write(taken ? `Sent once more: ${amount(taken)}.\n` : 'Nothing of that was refused.\n');
  return EXIT.fine;
}

async function confirmed(question: string, { stdin, stderr }: Io): Promise<boolean> {
  if (stdin.isTTY !== true)
    throw new UsageProblem('drop throws lines away for good: say --yes, or run it on a terminal, where it asks.');
  stderr.write(question);
  for await (const said of stdin) return /^y(es)?\s*$/i.test(said.toString());
  return false;
}

async function drain(given: Given, io: Io): Promise<number> {
  const { drainSpool } = await import('../spool.ts');
  const { delivered, left, orphaned } = await drainSpool({
    ...placeOf(given, io),
    destinations: given.list('destination'),
    wait: durationOf('wait', given.value('wait') ?? WAIT),
    stderr: io.stderr,
    stop: io.stop,
  });
  for (const one of orphaned)
    io.stderr.write(
      `${one.name}: ${amount(one)} wait for a destination that is not configured. Name it again, or drop them.\n`,
    );
  io.stderr.write(`${delivered ? 'The spool is sent.' : `Not delivered: ${amount(left)}; they stay in the spool.`}\n`);
  return delivered ? EXIT.fine : EXIT.failed;
}

function amount({ lines, bytes }: { readonly lines: number; readonly bytes: number }): string {
  return `${number(lines, 'line', 'lines')}, ${formatSize(bytes)}`;
}

function number(n: number, one: string, many: string): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`;
}
