/** The servers that are tortured with the senders. Each tells the numbers of the lines that it has read. */
import fs from 'node:fs';
import path from 'node:path';
import { freePort, type Running, start } from '../harness/processes.ts';
import { startRsyslogd } from '../harness/rsyslogd.ts';
import type { Scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import type { Transport } from './senders.ts';

export type Server = {
  readonly port: number;
  /** Starts it again; `rate` in bytes a second, 0 as fast as it can, where the server knows how to be slow. */
  start(rate?: number): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** Holds it still: it reads no more, and its kernel goes on accepting. Only `kill` comes after it. */
  freeze(): void;
  /** How many bytes it has written down; grows as long as something comes. */
  size(): number;
  /** The numbers of the lines in the order in which they came, repeats among them. */
  numbers(): number[];
};

const NUMBER = /message (\d+) /;

/** A server of our own for TCP, of which a speed can be wanted. */
export async function startSlowServer(scene: Scene, rate: number): Promise<Server> {
  const port = await freePort();
  const folder = scene.at('slow-server');
  fs.mkdirSync(folder);
  let running: Running | undefined;
  const end = async (signal: NodeJS.Signals) => {
    running?.signal(signal);
    await running?.exited;
  };
  const files = () =>
    fs
      .readdirSync(folder)
      .sort()
      .map((name) => path.join(folder, name));
  const server: Server = {
    port,
    async start(speed = 0) {
      const script = path.join(import.meta.dirname, 'slow-server.ts');
      const fresh = start(scene, process.execPath, [script, String(port), folder, String(speed)]);
      running = fresh;
      await until('the server listens', () => fresh.stdout() !== '', { told: fresh.stderr });
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    freeze: () => running?.signal('SIGSTOP'),
    size: () => files().reduce((sum, file) => sum + fs.statSync(file).size, 0),
    numbers: () => files().flatMap(numbersInFile),
  };
  await server.start(rate);
  return server;
}

/** A real rsyslogd, with imtcp or imrelp. */
export async function startRealServer(scene: Scene, transport: Transport): Promise<Server> {
  const server = await startRsyslogd(scene, { relp: transport === 'relp' });
  return {
    port: server.port,
    start: server.start,
    kill: server.kill,
    stop: server.stop,
    freeze: server.freeze,
    size: () => server.lines().length,
    numbers: () => numbersIn(server.lines()),
  };
}

/** The numbers in a file of messages. What stands behind its last line feed is half a message, which no server would take for one. */
export function numbersInFile(file: string): number[] {
  return numbersIn(fs.readFileSync(file, 'utf8').split('\n').slice(0, -1));
}

function numbersIn(messages: readonly string[]): number[] {
  return messages.flatMap((message) => {
    const found = NUMBER.exec(message);
    return found === null ? [] : [Number(found[1])];
  });
}
