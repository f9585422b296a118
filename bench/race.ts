/**
 * The race: tailship beside rsyslog, where that is installed, from a file over TCP to a sink that only counts.
 *
 * A run is one start of one program, with empty state; the programs take turns. MB/s are megabytes (10^6 bytes) of the file per second
 * between the first and the last byte at the sink. MB per CPU-second takes all the time that the program spent, start and stop included.
 */
import fs from 'node:fs';
import path from 'node:path';
import { corpus } from './corpus.ts';
import { AGENT, configure, inFolder, median, runMeasured, startSink } from './measure.ts';
import { RSYSLOG, rsyslogConfig } from './rsyslog.ts';

type Result = { readonly rate: number; readonly perCpu: number; readonly wire: number; readonly rss: number };
/** A program in the race: its command line, from a folder of its own and the sink's port. `ends`: it ends by itself. */
type Racer = {
  readonly name: string;
  readonly command: (dir: string, port: number) => readonly [string, ...string[]];
  readonly ends: boolean;
  readonly results: Result[];
};

export async function race(lines: number, runs: number, say: (line: string) => void): Promise<void> {
  const file = corpus(lines);
  const size = fs.statSync(file).size;
  const racers: Racer[] = [
    { name: 'tailship', command: (...place) => tailship(file, ...place), ends: true, results: [] },
  ];
  if (fs.existsSync(RSYSLOG)) racers.push(rsyslog('rsyslog, parsed', file, true), rsyslog('rsyslog, raw', file, false));
  else process.stderr.write(`${RSYSLOG} is not there (Debian's package rsyslog): tailship runs alone\n`);
  for (let run = 1; run <= runs; run++) {
    for (const racer of racers) {
      racer.results.push(await measure(racer, lines, size));
      process.stderr.write(`run ${run}, ${racer.name}: ${row(racer.results.at(-1)!)}\n`);
    }
  }
  const [own, ...others] = racers.map(({ name, results }) => ({ name, ...middle(results) }));
  say(
    `${lines} lines, ${(size / 1e6).toFixed(1)} MB, over TCP to a counting sink; medians of ${runs} runs, the programs in turns`,
  );
  for (const racer of [own!, ...others]) say(`  ${racer.name.padEnd(16)} ${row(racer)}`);
  for (const { name, rate, perCpu } of others) {
    const ratio = `${(own!.rate / rate).toFixed(2)} times its MB/s, ${(own!.perCpu / perCpu).toFixed(2)} times its MB per CPU-second`;
    say(`  tailship to ${name}: ${ratio}`);
  }
}

function tailship(file: string, dir: string, port: number): readonly [string, ...string[]] {
  const conf = configure(dir, { input: `path = ${file}`, syslog: `target = tcp://127.0.0.1:${port}` });
  return [...AGENT, 'run', '--once', '-c', conf];
}

function rsyslog(name: string, file: string, parsed: boolean): Racer {
  const command: Racer['command'] = (dir, port) => {
    const conf = rsyslogConfig(dir, file, port, parsed);
    return [RSYSLOG, '-n', '-f', conf, '-i', path.join(dir, 'pid')];
  };
  return { name, command, ends: false, results: [] };
}

function row({ rate, perCpu, wire, rss }: Result): string {
  return `${rate.toFixed(1)} MB/s, ${perCpu.toFixed(1)} MB per CPU-second, ${wire.toFixed(1)} MB/s on the wire, ${rss.toFixed(0)} MB of memory at most`;
}

function middle(results: readonly Result[]): Result {
  const of = (key: keyof Result) => median(results.map((result) => result[key]));
  return { rate: of('rate'), perCpu: of('perCpu'), wire: of('wire'), rss: of('rss') };
}

function measure(racer: Racer, lines: number, size: number): Promise<Result> {
  return inFolder(async (dir) => {
    const sink = await startSink(lines);
    try {
      const command = racer.command(dir, sink.port);
      const used = await runMeasured(command, path.join(dir, 'log'), racer.ends ? undefined : sink.arrival);
      const arrived = await sink.arrival;
      if (arrived.messages !== lines) throw new Error(`the sink got ${arrived.messages} messages of ${lines}`);
      const seconds = (arrived.last - arrived.first) / 1000;
      return {
        rate: size / 1e6 / seconds,
        perCpu: size / 1e6 / used.cpu,
        wire: arrived.bytes / 1e6 / seconds,
        rss: used.rss / 1e6,
      };
    } finally {
      sink.end();
    }
  });
}
