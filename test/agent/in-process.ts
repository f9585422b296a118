/** The real agent in this process, over a temporary folder and loopback: real files, sockets and SQLite, and a log that is kept. */
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runAgent } from '../../agent/agent.ts';
import { createChanges } from '../../agent/changes.ts';
import { realClock } from '../../agent/ops/clock.ts';
import { loadConfig } from '../../agent/sections.ts';
import type { Sockets } from '../../agent/ship/sockets.ts';
import { type Answer, askStatus } from '../../agent/status.ts';
import type { ThreadSetup } from '../../agent/thread.ts';
import type { Clock, Config } from '../../agent/types.ts';
import { toldLog } from '../harness/log.ts';

export type AgentSetup = {
  readonly target: string;
  readonly syslog?: string;
  readonly input?: string;
  /** The keys of [spool] instead of the path in the agent's own folder. */
  readonly spool?: string;
  readonly extra?: string;
  /** The folder of an agent that ran before; a new one when left out. */
  readonly folder?: string;
  readonly once?: { readonly wait: number };
  readonly sockets?: Sockets;
  readonly clock?: Clock;
  readonly thread?: ThreadSetup;
  /** A folder of its own for the state, inside the test's folder. */
  readonly state?: string;
};

export type StartedAgent = {
  readonly file: string;
  readonly folder: string;
  /** All that its log said. */
  readonly said: string[];
  /** Its exit code, or what it threw, once it has ended. */
  readonly done: Promise<number>;
  /** Stops it in order; its exit code. */
  stop(): Promise<number>;
  /** Hands it a new configuration. */
  reload(config: Config): void;
  /** The configuration that it began with. */
  readonly config: Config;
  /** What `tailship status` says, of the running agent or of the state that it left. */
  status(): Promise<Answer>;
};

/** Starts the agent on `app.log` in a new folder; it is stopped when the test ends. */
export function startAgent(t: TestContext, setup: AgentSetup): StartedAgent {
  const folder = setup.folder ?? mkdtempSync(join(tmpdir(), 'tailship-'));
  const file = join(folder, 'app.log');
  const conf = join(folder, 'config.conf');
  writeFileSync(
    conf,
    `[input]\npath = ${file}\npoll = 50ms\n${setup.input ?? ''}\n[syslog]\ntarget = ${setup.target}\n${setup.syslog ?? ''}\n` +
      `[spool]\n${setup.spool ?? `path = ${join(folder, setup.state ?? '', 'spool.db')}`}\n${setup.extra ?? ''}\n`,
  );
  const { config } = loadConfig({ file: conf, env: {}, cwd: folder });
  const said: string[] = [];
  const log = { ...toldLog((_level, sentence) => void said.push(sentence)), complaints: () => [] };
  const stop = new AbortController();
  const changes = createChanges(config);
  const reload = changes.offer.bind(changes);
  const parts = {
    changes,
    log,
    clock: setup.clock ?? realClock,
    stop: stop.signal,
    command: 'test',
    once: setup.once,
    ...(setup.sockets && { sockets: setup.sockets }),
    ...(setup.thread && { thread: setup.thread }),
  };
  const run = async () => {
    for (;;) {
      const code = await runAgent({ ...parts, config: changes.config });
      if (code !== undefined) return code;
    }
  };
  const done = run();
  t.after(async () => {
    stop.abort();
    await done.catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });
  const end = () => {
    stop.abort();
    return done;
  };
  return {
    file,
    folder,
    said,
    done,
    config,
    stop: end,
    reload,
    status: () => askStatus({ file: conf, env: {}, cwd: folder }),
  };
}

/** A UDP server that keeps what it gets, in order. */
export async function startUdpServer(t: TestContext): Promise<{ url: string; messages: string[] }> {
  const socket = createSocket('udp4');
  const messages: string[] = [];
  socket.on('message', (message) => void messages.push(message.toString()));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  t.after(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return { url: `udp://127.0.0.1:${(socket.address() as AddressInfo).port}`, messages };
}

/** A TCP server on loopback that keeps what comes, one message a line; on `port`, or any that is free. */
export async function startServer(t: TestContext, port = 0): Promise<{ url: string; messages(): string[] }> {
  let text = '';
  const open: Socket[] = [];
  const server = createServer((socket) => {
    open.push(socket);
    socket.on('data', (bytes) => {
      text += bytes.toString('utf8');
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return {
    url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages: () => text.split('\n').slice(0, -1),
  };
}

/** A server that takes connections and reads nothing, until it leaves. */
export async function startSilentServer(t: TestContext): Promise<{ readonly port: number; leave(): Promise<void> }> {
  const open: Socket[] = [];
  const server = createServer((socket) => open.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const leave = async () => {
    for (const socket of open) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  t.after(leave);
  return { port: (server.address() as { port: number }).port, leave };
}
