import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { Scene } from './temp.ts';

type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** A process of the test's own. It is killed at the end of the test if it still runs. */
export type Running = {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Resolves when the process has ended and all its output has been read. */
  readonly exited: Promise<Exit>;
  signal(name: NodeJS.Signals): void;
};

export type Start = { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly stdin?: 'ignore' | 'pipe' };

/** Starts a program inside a scene. */
export function start(scene: Scene, command: string, args: readonly string[], options: Start = {}): Running {
  const child = spawn(command, args, {
    cwd: options.cwd ?? scene.dir,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exited = new Promise<Exit>((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`${command} did not start: ${error.message}`)));
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  exited.catch(() => {}); // Whoever waits for it hears of it; nobody has to wait.
  scene.atEnd(async () => {
    child.kill('SIGKILL');
    await exited.catch(() => {});
  });
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    exited,
    signal: (name) => child.kill(name),
  };
}

/** Where a program of the system lies; its folder may be missing from an ordinary user's PATH. */
export function programPath(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file));
}

/** A TCP and UDP port of the loopback that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether somebody listens on a TCP port of the loopback. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/**
 * A command line that keeps to file rights even for root, who is otherwise held back by none.
 * Undefined where that cannot be had.
 */
export function withoutOverride(
  command: string,
  args: readonly string[],
): readonly [string, readonly string[]] | undefined {
  if (process.getuid?.() !== 0) return [command, args];
  const bounds = ['--bounding-set', '-dac_override,-dac_read_search', '--inh-caps', '-dac_override,-dac_read_search'];
  const probe = spawnSync('setpriv', [...bounds, 'true']);
  return probe.status === 0 ? ['setpriv', [...bounds, command, ...args]] : undefined;
}
