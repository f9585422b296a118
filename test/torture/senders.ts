/** The programs under torture: each follows one file and sends it to one server, and can be killed and started again. */
import fs from 'node:fs';
import { leftBehind, startAgent } from '../harness/agent.ts';
import { programPath, type Running, start } from '../harness/processes.ts';
import type { Scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';

export type Transport = 'tcp' | 'relp';
export type Sender = {
  start(): void;
  /** Resolves when it runs and has opened the file: how long that takes is the machine's matter. */
  atWork(): Promise<unknown>;
  /** Ends it at once, as `kill -9` does. */
  kill(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** What it said on standard error, over all its starts. */
  told(): string;
  /** The files in which it keeps on disk what waits for the server. */
  state(): readonly string[];
  /** Once it is stopped: the lines that it knows to be lost with a damaged file of these. */
  counted(): Promise<number>;
};
export const SENDERS = ['tailship', 'rsyslog'] as const;
export type SenderName = (typeof SENDERS)[number];

/** What follows `file` and sends it to `port`. Both with their default window, and a queue on disk that is kept over a restart. */
export function createSender(
  scene: Scene,
  name: SenderName,
  { file, transport, port }: { file: string; transport: Transport; port: number },
): Sender {
  const run = name === 'tailship' ? tailship : rsyslog;
  const { launch, ...rest } = run(scene, file, transport, port);
  const runs: Running[] = [];
  let running: Running | undefined;
  const end = async (signal: NodeJS.Signals) => {
    running?.signal(signal);
    await running?.exited;
    running = undefined;
  };
  return {
    start() {
      running = launch();
      runs.push(running);
    },
    atWork: () => until('the sender has opened the file', () => hasOpen(running?.pid, file), { patience: 120_000 }),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    told: () => runs.map((run) => run.stderr()).join('\n'),
    ...rest,
  };
}

function hasOpen(pid: number | undefined, file: string): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return fs.readdirSync(folder).some((fd) => fs.readlinkSync(`${folder}/${fd}`) === file);
  } catch {
    return false; // A descriptor that was closed meanwhile, or a process that has ended: it is looked again.
  }
}

type Program = Pick<Sender, 'state' | 'counted'> & { readonly launch: () => Running };

function tailship(scene: Scene, file: string, transport: Transport, port: number): Program {
  const conf = scene.at('tailship.conf');
  const spool = scene.at('spool.db');
  fs.writeFileSync(
    conf,
    `[input]\npath = ${file}\n[syslog]\ntarget = ${transport}://127.0.0.1:${port}\n[spool]\npath = ${spool}\n`,
  );
  return {
    launch: () => startAgent(scene, conf),
    state: () => [spool],
    async counted() {
      const books = (await leftBehind(scene, conf)).destinations.flatMap(({ inputs }) => inputs);
      return books.reduce((sum, { ledger }) => sum + (ledger.dropped['spool-damaged']?.lines ?? 0), 0);
    },
  };
}

// As rsyslog's own documentation sets up reliable forwarding: a queue that goes to disk and is saved at an orderly end, retries
// without end. imfile writes its position down after each 100 lines, for by default it does so only at an orderly end.
function rsyslog(scene: Scene, file: string, transport: Transport, port: number): Program {
  const program = programPath('rsyslogd');
  if (program === undefined) throw new Error('rsyslogd is missing; install the package rsyslog');
  const work = scene.at('rsyslog-sender');
  const conf = scene.at('rsyslog-sender.conf');
  fs.mkdirSync(work);
  const [module, protocol] =
    transport === 'tcp' ? ['', 'type="omfwd" protocol="tcp"'] : ['module(load="omrelp")\n', 'type="omrelp"'];
  fs.writeFileSync(
    conf,
    `global(workDirectory="${work}" maxMessageSize="64k")
module(load="imfile")
${module}input(type="imfile" file="${file}" tag="app:" persistStateInterval="100" ruleset="ship")
ruleset(name="ship") {
  action(${protocol} target="127.0.0.1" port="${port}" template="RSYSLOG_SyslogProtocol23Format"
    action.resumeRetryCount="-1" action.resumeInterval="1"
    queue.type="LinkedList" queue.filename="waiting" queue.maxDiskSpace="1g" queue.saveOnShutdown="on")
}
`,
  );
  let starts = 0;
  return {
    launch: () => start(scene, program, ['-n', '-f', conf, '-i', `${work}/pid-${starts++}`]),
    state: () => fs.globSync(`${work}/waiting*`),
    counted: async () => 0,
  };
}
