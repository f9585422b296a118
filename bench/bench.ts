/**
 * How fast the agent ships a file over TCP on this machine: `scripts/bench [--lines 1000000] [--runs 3] [--tls]`.
 * With --tls each run over TCP is followed by one over TLS, and their ratio is told.
 *
 * A run is one `tailship run --once` of its own, with an empty spool, from a file of a million lines to a sink that only counts.
 * MB/s are megabytes (10^6 bytes) of the file per second between the first and the last byte at the sink. MB per CPU-second
 * takes all the time that the agent's process spent, its start included. Prints the median of the runs; writes nothing.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { certificates } from '../test/harness/certificates.ts';
import { corpus } from './corpus.ts';
import type { Arrived } from './sink.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '3' },
    tls: { type: 'boolean', default: false },
  },
});
const lines = Number(values.lines);
const file = corpus(lines);
const size = fs.statSync(file).size;

const schemes = values.tls ? (['tcp', 'tls'] as const) : (['tcp'] as const);
const results: Record<'tcp' | 'tls', Result[]> = { tcp: [], tls: [] };
for (let run = 1; run <= Number(values.runs); run++) {
  for (const scheme of schemes) {
    const result = await measure(scheme);
    results[scheme].push(result);
    process.stderr.write(`run ${run}, ${scheme}: ${row(result)}\n`);
  }
}
process.stdout.write(`${machine()}\n${lines} lines, ${(size / 1e6).toFixed(1)} MB, to a counting sink; medians\n`);
for (const scheme of schemes) process.stdout.write(`  ${scheme}: ${row(medians(scheme))}\n`);
if (values.tls) {
  const ratio = (of: 'rate' | 'perCpu') => (medians('tls')[of] / medians('tcp')[of]).toFixed(2);
  process.stdout.write(`  tls / tcp: ${ratio('rate')} of the rate, ${ratio('perCpu')} per CPU-second\n`);
}

type Result = { readonly rate: number; readonly perCpu: number; readonly wire: number; readonly rss: number };

function row({ rate, perCpu, wire, rss }: Result): string {
  return `${rate.toFixed(1)} MB/s, ${perCpu.toFixed(1)} MB per CPU-second, ${wire.toFixed(1)} MB/s on the wire, ${rss.toFixed(0)} MB of memory at most`;
}

function medians(scheme: 'tcp' | 'tls'): Result {
  const median = (of: (result: Result) => number) => {
    const sorted = results[scheme].map(of).sort((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) / 2)]!;
  };
  return {
    rate: median((result) => result.rate),
    perCpu: median((result) => result.perCpu),
    wire: median((result) => result.wire),
    rss: median((result) => result.rss),
  };
}

function machine(): string {
  const [cpu] = os.cpus();
  return `${cpu?.model.trim()}, ${os.availableParallelism()} CPUs, ${os.type()} ${os.release()}, Node ${process.versions.node}`;
}

async function measure(scheme: 'tcp' | 'tls'): Promise<Result> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-bench-'));
  const { authority, server } = certificates();
  const ca = path.join(dir, 'ca.pem');
  fs.writeFileSync(ca, authority.cert);
  const secret = scheme === 'tls' ? [server.cert, server.key] : [];
  const sink = fork(path.join(import.meta.dirname, 'sink.ts'), secret);
  try {
    const [port] = (await once(sink, 'message')) as [number];
    const conf = path.join(dir, 'config.conf');
    fs.writeFileSync(
      conf,
      `[input]\npath = ${file}\n[syslog]\ntarget = ${scheme}://127.0.0.1:${port}\ntls_ca = ${ca}\n[spool]\npath = ${dir}/spool.db\n`,
    );
    const arrival = once(sink, 'message') as Promise<[Arrived]>;
    const log = path.join(dir, 'log');
    const used = await runMeasured(
      process.execPath,
      [path.join(ROOT, 'agent/main.ts'), 'run', '--once', '-c', conf],
      log,
    );
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
 * Runs any program to its end: CPU-seconds with those of its children, and the largest memory it held, in bytes.
 * What it says on standard error goes to the file `log`.
 */
async function runMeasured(
  command: string,
  args: readonly string[],
  log: string,
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
