/** The real agent in this process, over a temporary folder and loopback: real files, sockets and SQLite, and a log that is kept. */
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runAgent } from '../../agent/agent.ts';
import { realClock } from '../../agent/ops/clock.ts';
import { loadConfig } from '../../agent/sections.ts';

export type AgentSetup = {
  readonly target: string;
  readonly syslog?: string;
  readonly input?: string;
  /** The keys of [spool] instead of the path in the agent's own folder. */
  readonly spool?: string;
  readonly extra?: string;
  /** A folder of its own for the state, inside the test's folder. */
  readonly state?: string;
};

/** Starts the agent on `app.log` in a new folder; it is stopped when the test ends. `said`: all that its log said. */
export function startAgent(t: TestContext, setup: AgentSetup): { file: string; folder: string; said: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'tailship-'));
  const file = join(folder, 'app.log');
  const conf = join(folder, 'config.conf');
  writeFileSync(
    conf,
    `[input]\npath = ${file}\npoll = 50ms\n${setup.input ?? ''}\n[syslog]\ntarget = ${setup.target}\n${setup.syslog ?? ''}\n` +
      `[spool]\n${setup.spool ?? `path = ${join(folder, setup.state ?? '', 'spool.db')}`}\n${setup.extra ?? ''}\n`,
  );
  const { config } = loadConfig({ file: conf, env: {}, cwd: folder });
  const said: string[] = [];
  const say = (sentence: string) => void said.push(sentence);
  const log = { debug: say, info: say, warn: say, error: say, complaints: () => [] };
  const stop = new AbortController();
  const run = async () => {
    const parts = { config, log, clock: realClock, stop: stop.signal, command: 'test', once: undefined };
    while ((await runAgent(parts)) === undefined);
  };
  const done = run();
  t.after(async () => {
    stop.abort();
    await done;
    rmSync(folder, { recursive: true });
  });
  return { file, folder, said };
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
