/** Each way of torture: what is done to sender and server while an application writes, and what the server has at the end. */
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createScene, type Scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { startWriter, type Writer } from '../harness/writer.ts';
import { createSender, type Sender, type SenderName, type Transport } from './senders.ts';
import { type Server, startRealServer, startSlowServer } from './servers.ts';

/** How much of everything. */
export type Scale = {
  /** Lines that the application writes where the server is what is killed. */
  readonly lines: number;
  /** Kills of the server, or of the sender in an outage. */
  readonly serverKills: number;
  /** Kills of the sender at random moments. */
  readonly kills: number;
  /** How long the server stays away, ms. */
  readonly away: number;
  /** How long a sender has to read a file after its rotation, before it is deleted, ms. */
  readonly grace: number;
  /** How long nothing more may come before the sum is made, ms: longer than a sender waits before it tries again. */
  readonly quiet: number;
};

export type Result = {
  readonly written: number;
  /** Different lines. */
  readonly received: number;
  readonly lost: number;
  /** Lost ones that the sender itself counts as lost. */
  readonly counted: number;
  /** Lines that came again. */
  readonly repeated: number;
  /** The lost ones, as ranges of their numbers. */
  readonly missing: string;
};

type Stage = {
  readonly scene: Scene;
  readonly scale: Scale;
  readonly file: string;
  readonly transport: Transport;
  readonly sender: Sender;
  readonly server: Server;
};

export type Case = {
  readonly name: (scale: Scale) => string;
  readonly transports: readonly Transport[];
  /** Over RELP it is always a real one. */
  readonly server: 'slow' | 'real';
  /** Bytes a second at first; 0: as fast as it can. */
  readonly rate?: number;
  /** What bounds loss and repeats of tailship. */
  readonly bound: string;
  /** Runs from the first line to the last; server and sender run then. Gives the writer, which may still be at work. */
  readonly play: (stage: Stage) => Promise<Writer>;
};

const WINDOW = 'repeats: `window` for each kill';
const RELP = 'repeats: what was not answered';

export const CASES = {
  'slow-server': {
    name: ({ serverKills }) => `a server that reads slower than the stream is killed ${serverKills} times`,
    ...{ transports: ['tcp'], server: 'slow', rate: 100_000, bound: WINDOW, play: killServer },
  },
  'real-server': {
    name: ({ serverKills }) => `rsyslogd as server is killed ${serverKills} times under the stream`,
    ...{ transports: ['tcp', 'relp'], server: 'real', bound: `tcp: ${WINDOW}; relp: ${RELP}`, play: killServer },
  },
  'shut-window': {
    name: () => 'a slow server stalls with its window shut for 5 s and is killed',
    ...{ transports: ['tcp', 'relp'], server: 'slow', rate: 100_000, bound: WINDOW, play: stall },
  },
  outage: {
    name: ({ away, grace }) =>
      `the server is away for ${away / 1000} s, rotated files are deleted ${grace / 1000} s later, the sender is killed meanwhile`,
    ...{
      transports: ['tcp', 'relp'],
      server: 'real',
      bound: 'files are read into the spool before they go',
      play: outage,
    },
  },
  kills: {
    name: ({ kills }) => `the sender is killed ${kills} times at random moments under a stream`,
    ...{
      transports: ['tcp', 'relp'],
      server: 'real',
      bound: 'repeats: what was not settled at each kill',
      play: killSender,
    },
  },
  'both-killed': {
    name: ({ serverKills }) =>
      `sender and server are killed together ${serverKills * 2} times at random moments under a stream`,
    ...{
      transports: ['tcp', 'relp'],
      server: 'real',
      bound: 'repeats: what was not settled at each kill',
      play: killBoth,
    },
  },
  'cut-state': {
    name: ({ serverKills }) =>
      `the server is away, the sender is killed ${serverKills} times and what it keeps on disk is cut off at random places`,
    ...{
      transports: ['tcp', 'relp'],
      server: 'real',
      bound: 'lost: what stood behind the cuts, counted as `spool-damaged`',
      play: cutState,
    },
  },
  'open-window': {
    name: () =>
      'the case that remains: the server stops reading, 300 lines fit into its open window, 6 s later it dies',
    ...{
      transports: ['tcp', 'relp'],
      server: 'real',
      bound: 'tcp, lost: what the open window takes, if `linger` passes; relp: nothing',
      play: openWindow,
    },
  },
} as const satisfies Record<string, Case>;
export type CaseName = keyof typeof CASES;

/** Plays one case with one sender in a folder of its own. */
export async function torture(name: CaseName, sender: SenderName, transport: Transport, scale: Scale): Promise<Result> {
  const one: Case = CASES[name];
  const scene = createScene();
  try {
    const server =
      one.server === 'slow' && transport === 'tcp'
        ? await startSlowServer(scene, one.rate ?? 0)
        : await startRealServer(scene, transport);
    const file = scene.at('app.log');
    const program = createSender(scene, sender, { file, transport, port: server.port });
    program.start();
    const writer = await one.play({ scene, scale, file, transport, sender: program, server });
    writer.stop();
    await settled(server, scale);
    await program.stop();
    await server.stop();
    return { ...sumUp(writer.lines.length, server.numbers()), counted: await program.counted() };
  } finally {
    await scene.end();
  }
}

/** What became of the lines 0 to `written`, of which a server has these, in any order. */
export function sumUp(written: number, numbers: readonly number[]): Omit<Result, 'counted'> {
  const there = new Set(numbers);
  const ranges: string[] = [];
  for (let n = 0; n < written; n++) {
    if (there.has(n)) continue;
    const from = n;
    while (n + 1 < written && !there.has(n + 1)) n++;
    ranges.push(`${from}..${n}`);
  }
  const received = there.size;
  return {
    written,
    received,
    lost: written - received,
    repeated: numbers.length - received,
    missing: ranges.join(', '),
  };
}

/** Until nothing more comes. */
async function settled(server: Server, { quiet }: Scale): Promise<void> {
  let [size, since] = [server.size(), performance.now()];
  while (performance.now() - since < quiet) {
    await sleep(250);
    if (server.size() !== size) [size, since] = [server.size(), performance.now()];
  }
}

function write({ scene, file, scale }: Stage, perTick: number, total: number = scale.lines): Writer {
  const writer = startWriter(file, { perTick, total });
  scene.atEnd(writer.stop);
  return writer;
}

function sees(server: Server, sender: Sender): Promise<unknown> {
  const before = server.size();
  return until('the server gets more', () => server.size() > before, { told: sender.told, patience: 120_000 });
}

/** The server dies with what it has not read, again and again; the last one reads all. */
async function killServer(stage: Stage): Promise<Writer> {
  const { server, sender, scale } = stage;
  const writer = write(stage, 8);
  for (let kill = 1; kill <= scale.serverKills; kill++) {
    await sees(server, sender);
    await sleep(1_000);
    await server.kill();
    await server.start(kill === scale.serverKills ? 0 : 100_000);
  }
  await until('all is written', () => writer.lines.length >= scale.lines);
  return writer;
}

/** What the server's kernel holds when it dies was never read, and its window was shut for longer than `linger`. */
async function stall(stage: Stage): Promise<Writer> {
  const { server, sender, scale } = stage;
  const writer = write(stage, 8);
  await sees(server, sender);
  await until('half is written', () => writer.lines.length >= scale.lines / 2);
  server.freeze();
  await sleep(5_000);
  await server.kill();
  await server.start();
  await until('all is written', () => writer.lines.length >= scale.lines);
  return writer;
}

async function outage(stage: Stage): Promise<Writer> {
  const { server, sender, scale, file } = stage;
  const writer = write(stage, 2, Infinity);
  await sees(server, sender);
  await server.stop();
  const back = performance.now() + scale.away;
  for (let round = 1; round <= 3; round++) {
    await sender.atWork();
    await sleep(1_000);
    fs.renameSync(file, `${file}-2026070${round}`);
    fs.writeFileSync(file, '');
    await sleep(scale.grace);
    fs.rmSync(`${file}-2026070${round}`);
    await sender.kill();
    await sleep(200);
    sender.start();
  }
  await sleep(Math.max(0, back - performance.now()));
  await server.start();
  await sees(server, sender);
  return writer;
}

/**
 * Over TCP about every second sender outlives `linger`. One that is always killed before settles nothing, so each sends all that the one
 * before it has sent, and a thousand of them come to no end.
 */
async function killSender(stage: Stage): Promise<Writer> {
  const { scene, server, sender, scale, file, transport } = stage;
  const writer = startWriter(file, { perTick: 1, every: 6 });
  scene.atEnd(writer.stop);
  const longest = transport === 'tcp' ? 4_000 : 500;
  for (let kill = 1; kill <= scale.kills; kill++) {
    // Some die while they start, most after they have sent something.
    if (kill % 5 !== 0) await sees(server, sender);
    await sleep(Math.random() * (kill % 5 === 0 ? 1_500 : longest));
    await sender.kill();
    sender.start();
  }
  writer.stop();
  return writer;
}

async function killBoth({ scene, server, sender, scale, file, transport }: Stage): Promise<Writer> {
  const writer = startWriter(file, { perTick: 1, every: 6 });
  scene.atEnd(writer.stop);
  for (let kill = 1; kill <= scale.serverKills * 2; kill++) {
    await sees(server, sender);
    await sleep(Math.random() * (transport === 'tcp' ? 4_000 : 500));
    await Promise.all([sender.kill(), server.kill()]);
    await server.start();
    sender.start();
  }
  await sees(server, sender);
  writer.stop();
  return writer;
}

async function cutState(stage: Stage): Promise<Writer> {
  const { server, sender, scale } = stage;
  const writer = write(stage, 2, Infinity);
  await sees(server, sender);
  await server.stop();
  for (let kill = 1; kill <= scale.serverKills; kill++) {
    await sender.atWork();
    await sleep(2_000);
    await sender.kill();
    for (const file of sender.state()) fs.truncateSync(file, Math.floor(Math.random() * fs.statSync(file).size));
    sender.start();
  }
  await server.start();
  await sees(server, sender);
  return writer;
}

/** What the server's kernel takes while nobody reads is acknowledged, and soon it counts as read; then the server dies. */
async function openWindow(stage: Stage): Promise<Writer> {
  const { scene, server, sender, file } = stage;
  const first = write(stage, 8, 2_000);
  await until('all is written', () => first.lines.length >= 2_000);
  await settled(server, { ...stage.scale, quiet: 3_000 });
  server.freeze();
  const second = startWriter(file, { perTick: 1, total: 300, from: 2_000 });
  scene.atEnd(second.stop);
  await until('all is written', () => second.lines.length >= 300, { told: sender.told });
  await sleep(6_000);
  await server.kill();
  await server.start();
  return { lines: [...first.lines, ...second.lines], stop: second.stop };
}
