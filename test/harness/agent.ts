import fs from 'node:fs';
import path from 'node:path';
import type { Status, Stopped } from '../../agent/ops/status.ts';
import { growingLines } from './growing.ts';
import { freePort, type Running, type Start, start } from './processes.ts';
import type { Scene } from './temp.ts';
import { until } from './wait.ts';

export const ROOT = path.resolve(import.meta.dirname, '../..');
export const MAIN = path.join(ROOT, 'agent/main.ts');

/**
 * Writes a configuration into the scene and gives its path: one file to one server, a spool of the scene's own.
 * `more` is appended as it is.
 */
export function writeConfig(
  scene: Scene,
  {
    file = scene.at('app.log'),
    target,
    input = '',
    syslog = '',
    more = '',
  }: { file?: string; target: string; input?: string; syslog?: string; more?: string },
): string {
  const conf = scene.at('config.conf');
  fs.writeFileSync(
    conf,
    `[input]
path = ${file}
poll = 100ms
${input}
[syslog]
target = ${target}
${syslog}
[spool]
path = ${scene.at('spool.db')}
${more}
`,
  );
  return conf;
}

/** Runs tailship from its sources with any command line. */
export function tailship(scene: Scene, args: readonly string[], options: Start = {}): Running {
  return start(scene, process.execPath, [MAIN, ...args], options);
}

/** Starts the agent as a service would. */
export function startAgent(scene: Scene, conf: string): Running {
  return tailship(scene, ['run', '-c', conf]);
}

/** What `tailship status --json` says of the running agent; undefined where none answers. */
export async function status(scene: Scene, conf: string): Promise<Status | undefined> {
  const said = await ask(scene, conf);
  return 'agent' in said ? said : undefined;
}

/** What `tailship status --json` says of the state that a stopped agent left. */
export async function leftBehind(scene: Scene, conf: string): Promise<Stopped> {
  const said = await ask(scene, conf);
  if ('agent' in said) throw new Error('the agent still runs');
  return said;
}

async function ask(scene: Scene, conf: string): Promise<Status | Stopped> {
  const asked = tailship(scene, ['status', '-c', conf, '--json']);
  await asked.exited;
  if (asked.stdout() === '') throw new Error(`tailship status said nothing but: ${asked.stderr()}`);
  return JSON.parse(asked.stdout()) as Status | Stopped;
}

/** Waits until all that the files of the first destination's first input hold is settled, and nothing is left in its spool. */
export async function allSettled(scene: Scene, conf: string, agent: Running): Promise<void> {
  await until(
    'all is settled',
    async () => {
      const destination = (await status(scene, conf))?.destinations[0];
      const files = destination?.inputs[0]?.files ?? [];
      return destination?.spool.rows === 0 && files.length > 0 && files.every((file) => file.settled === file.size);
    },
    { told: agent.stderr },
  );
}

/** Ends it with SIGTERM and gives its exit code. */
export async function stopped(running: Running): Promise<number | null> {
  running.signal('SIGTERM');
  return (await running.exited).code;
}

/** A `tailship receive --verify` of the test's own on loopback. */
export type Receiver = {
  readonly port: number;
  /** Its `--out` file, whole lines only: the messages as they came, parts joined. */
  lines(): readonly string[];
  /** Ends it with SIGTERM: its exit code, and its verdict on the whole. */
  verdict(): Promise<{ readonly code: number | null; readonly text: string }>;
};

export async function startReceiver(
  scene: Scene,
  scheme: 'tcp' | 'tls' | 'udp' | 'relp' | 'relps',
  { port, more = [] }: { port?: number; more?: readonly string[] } = {},
): Promise<Receiver> {
  const own = port ?? (await freePort());
  const out = scene.at(`receiver-${Date.now()}.log`);
  const running = tailship(scene, [
    'receive',
    '--listen',
    `${scheme}://127.0.0.1:${own}`,
    '--out',
    out,
    '--verify',
    ...more,
  ]);
  await until('the receiver listens', () => running.stderr().includes(String(own)), { told: running.stderr });
  return {
    port: own,
    lines: growingLines(out),
    async verdict() {
      running.signal('SIGTERM');
      const { code } = await running.exited;
      return { code, text: running.stderr() + running.stdout() };
    },
  };
}
