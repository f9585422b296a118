/** What every bench needs: programs that are watched while they run, medians, and the sentence about the machine. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Arrived } from './sink.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
/** The built agent as packages start it, which is what users run. */
export const AGENT = ['env', 'MALLOC_ARENA_MAX=2', process.execPath, path.join(ROOT, 'dist/main.js')] as const;
/** A clock tick of /proc/PID/stat, s: USER_HZ is 100 on every architecture that Node runs on. */
const TICK = 0.01;

/** How long what a bench waits for may take. */
export const PATIENT = { patience: 600_000 };

/** A folder that is there while `work` runs. */
export async function inFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-bench-'));
  try {
    return await work(dir);
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

/** Writes a configuration into `dir` and gives its path. Each of the three is the text of a section. */
export function configure(
  dir: string,
  { input, syslog, more = '' }: Record<'input' | 'syslog', string> & { more?: string },
): string {
  const conf = path.join(dir, 'config.conf');
  fs.writeFileSync(conf, `[input]\n${input}\n[syslog]\n${syslog}\n[spool]\npath = ${dir}/spool.db\n${more}\n`);
  return conf;
}

/** A process that runs until it is told to end. What it says on standard error goes to `DIR/log`. */
export function startAgent(dir: string, conf: string): ChildProcess {
  const [command, ...args] = AGENT;
  return spawn(command, [...args, 'run', '-c', conf], {
    stdio: ['ignore', 'inherit', fs.openSync(path.join(dir, 'log'), 'w')],
  });
}

/** Tells a process to end, and waits until it did. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** A counting server for `lines` messages over `tcp` or `udp`, on `port` or any that is free. */
export async function startSink(lines: number, scheme: 'tcp' | 'udp' = 'tcp', port = 0) {
  const sink = fork(path.join(import.meta.dirname, 'sink.ts'), [String(lines), scheme, String(port)]);
  const [bound] = (await once(sink, 'message')) as [number];
  const arrival = once(sink, 'message').then(([arrived]) => arrived as Arrived);
  return { port: bound, arrival, end: () => sink.kill() };
}

/**
 * Runs any program to its end, or until `enough`, when it is told to end: seconds, CPU-seconds with those of its children, and the
 * largest memory it held, in bytes. What it says on standard error goes to the file `log`. Throws an Error where it fails.
 */
export async function runMeasured(
  [command, ...args]: readonly [string, ...string[]],
  log: string,
  enough?: Promise<unknown>,
): Promise<{ seconds: number; cpu: number; rss: number }> {
  const begun = performance.now();
  // The shell waits for the program and so knows its whole time; the last line of its own output is that time.
  const talk = fs.openSync(log, 'w');
  const shell = spawn('bash', ['-c', 'TIMEFORMAT="%U %S"; time "$0" "$@" 2>&3', command, ...args], {
    stdio: ['ignore', 'inherit', 'pipe', talk],
  });
  let rss = 0;
  const watch = setInterval(() => {
    rss = Math.max(rss, ...childrenOf(shell.pid!).map(highWater));
  }, 20);
  void enough?.then(() => {
    for (const pid of childrenOf(shell.pid!)) process.kill(Number(pid), 'SIGTERM');
  });
  let told = '';
  shell.stderr!.on('data', (text) => {
    told += text;
  });
  const [code] = await once(shell, 'close');
  clearInterval(watch);
  fs.closeSync(talk);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${fs.readFileSync(log, 'utf8')}${told}`);
  const [user = 0, system = 0] = told.trim().split('\n').at(-1)!.split(' ').map(Number);
  return { seconds: (performance.now() - begun) / 1000, cpu: user + system, rss };
}

/** CPU-seconds that a process has used so far. */
export function cpuOf(pid: number): number {
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

/** Memory that a process holds, in bytes. */
export function memoryOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

/** How many lines end in these bytes. */
export function countLines(block: Buffer): number {
  let lines = 0;
  for (let at = block.indexOf(10); at !== -1; at = block.indexOf(10, at + 1)) lines += 1;
  return lines;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which that part of them lies, of two the lower one. */
export function quantile(values: readonly number[], part: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)]!;
}

export function machine(): string {
  const [cpu] = os.cpus();
  return `${cpu?.model.trim()}, ${os.availableParallelism()} CPUs, ${os.type()} ${os.release()}, Node ${process.versions.node}`;
}

function childrenOf(pid: number): string[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean);
}

function highWater(pid: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return ''; // The process has just ended.
  }
}
