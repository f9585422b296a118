/**
 * How fast the agent ships a file over TCP on this machine, beside rsyslog where that is installed:
 * `scripts/bench [--lines 1000000] [--runs 3]`. README.md in this folder says how to read it.
 *
 * A run is one start of one program, with empty state, from the file to a sink that only counts; the programs take turns.
 * MB/s are megabytes (10^6 bytes) of the file per second between the first and the last byte at the sink. MB per CPU-second
 * takes all the time that the program spent, start and stop included. Prints the median of the runs; writes nothing.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { corpus } from './corpus.ts';
import { RSYSLOG, rsyslogConfig } from './rsyslog.ts';
import type { Arrived } from './sink.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

const { values } = parseArgs({
  options: { lines: { type: 'string', default: '1000000' }, runs: { type: 'string', default: '3' } },
});
const lines = Number(values.lines);
const file = corpus(lines);
const size = fs.statSync(file).size;

type Result = { readonly rate: number; readonly perCpu: number; readonly wire: number; readonly rss: number };
/** A program in the race: its command line, from a folder of its own and the sink's port. `ends`: it ends by itself. */
type Racer = {
  readonly name: string;
  readonly command: (dir: string, port: number) => readonly [string, ...string[]];
  readonly ends: boolean;
  readonly results: Result[];
};

const racers: Racer[] = [{ name: 'tailship', command: tailship, ends: true, results: [] }];
if (fs.existsSync(RSYSLOG)) racers.push(rsyslog('rsyslog, parsed', true), rsyslog('rsyslog, raw', false));
else process.stderr.write(`${RSYSLOG} is not there (Debian's package rsyslog): tailship runs alone\n`);

for (let run = 1; run <= Number(values.runs); run++) {
  for (const racer of racers) {
    racer.results.push(await measure(racer));
    process.stderr.write(`run ${run}, ${racer.name}: ${row(racer.results.at(-1)!)}\n`);
  }
}
const [own, ...others] = racers.map(({ name, results }) => ({ name, ...median(results) }));
process.stdout.write(`${machine()}
${lines} lines, ${(size / 1e6).toFixed(1)} MB, over TCP to a counting sink; medians of ${values.runs} runs, the programs in turns\n`);
for (const racer of [own!, ...others]) process.stdout.write(`  ${racer.name.padEnd(16)} ${row(racer)}\n`);
for (const { name, rate, perCpu } of others) {
  const ratio = `${(own!.rate / rate).toFixed(2)} times its MB/s, ${(own!.perCpu / perCpu).toFixed(2)} times its MB per CPU-second`;
  process.stdout.write(`  tailship to ${name}: ${ratio}\n`);
}

function tailship(dir: string, port: number): readonly [string, ...string[]] {
  const conf = path.join(dir, 'config.conf');
  fs.writeFileSync(
    conf,
    `[input]\npath = ${file}\n[syslog]\ntarget = tcp://127.0.0.1:${port}\n[spool]\npath = ${dir}/spool.db\n`,
  );
  return [process.execPath, path.join(ROOT, 'dist/main.js'), 'run', '--once', '-c', conf];
}

function rsyslog(name: string, parsed: boolean): Racer {
  const command: Racer['command'] = (dir, port) => {
    const conf = rsyslogConfig(dir, file, port, parsed);
    return [RSYSLOG, '-n', '-f', conf, '-i', path.join(dir, 'pid')];
  };
  return { name, command, ends: false, results: [] };
}

function row({ rate, perCpu, wire, rss }: Result): string {
  return `${rate.toFixed(1)} MB/s, ${perCpu.toFixed(1)} MB per CPU-second, ${wire.toFixed(1)} MB/s on the wire, ${rss.toFixed(0)} MB of memory at most`;
}

function median(results: readonly Result[]): Result {
  const middle = (of: (result: Result) => number) =>
    results.map(of).sort((a, b) => a - b)[Math.floor((results.length - 1) / 2)]!;
  return {
    rate: middle(({ rate }) => rate),
    perCpu: middle(({ perCpu }) => perCpu),
    wire: middle(({ wire }) => wire),
    rss: middle(({ rss }) => rss),
  };
}

function machine(): string {
  const [cpu] = os.cpus();
  return `${cpu?.model.trim()}, ${os.availableParallelism()} CPUs, ${os.type()} ${os.release()}, Node ${process.versions.node}`;
}

async function measure(racer: Racer): Promise<Result> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-bench-'));
  const sink = fork(path.join(import.meta.dirname, 'sink.ts'), [String(lines)]);
  try {
    const [port] = (await once(sink, 'message')) as [number];
    const arrival = once(sink, 'message') as Promise<[Arrived]>;
    const running = runMeasured(racer.command(dir, port), path.join(dir, 'log'), racer.ends ? undefined : arrival);
    const used = await running;
    const [arrived] = await arrival;
    if (arrived.lineFeeds !== lines) throw new Error(`the sink got ${arrived.lineFeeds} messages of ${lines}`);
    const seconds = (arrived.last - arrived.first) / 1000;
    return {
      rate: size / 1e6 / seconds,
      perCpu: size / 1e6 / used.cpu,
      wire: arrived.bytes / 1e6 / seconds,
      rss: used.rss / 1e6,
    };
  } finally {
    sink.kill();
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * Runs any program to its end, or until `enough`, when it is told to end: CPU-seconds with those of its children, and the largest
 * memory it held, in bytes. What it says on standard error goes to the file `log`.
 */
async function runMeasured(
  [command, ...args]: readonly [string, ...string[]],
  log: string,
  enough: Promise<unknown> | undefined,
): Promise<{ cpu: number; rss: number }> {
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
  return { cpu: user + system, rss };
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
