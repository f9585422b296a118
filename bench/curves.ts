/** Whether cost grows as the work does: the same lines in files of growing size, and in a growing number of files. */
import fs from 'node:fs';
import path from 'node:path';
import { corpus } from './corpus.ts';
import { AGENT, configure, inFolder, runMeasured, startSink } from './measure.ts';

/** Copies of the corpus in one file: 165 MB each. */
const COPIES = [1, 6, 30];
const SMALL = [6_000, 60_000];
const FILES = [1, 100, 10_000];

export async function curves(lines: number, most: number, say: (line: string) => void): Promise<void> {
  say(
    'one file of so many MB: MB/s between the first and the last byte, MB per CPU-second with start and stop, memory at most',
  );
  for (const count of SMALL.filter((one) => one < lines))
    say(await inFolder((dir) => run(dir, [corpus(count)], count)));
  for (const copies of COPIES.filter((one) => one <= most))
    say(await inFolder((dir) => run(dir, [repeated(dir, corpus(lines), copies)], lines * copies)));
  say('the same lines in so many files');
  for (const count of FILES.filter((one) => one <= lines)) {
    const line = await inFolder((dir) => run(dir, spread(dir, corpus(lines), count), lines));
    say(`  ${count} files: ${line.trim()}`);
  }
}

async function run(dir: string, files: readonly string[], lines: number): Promise<string> {
  const size = files.reduce((sum, file) => sum + fs.statSync(file).size, 0) / 1e6;
  const sink = await startSink(lines);
  try {
    const input = files.length === 1 ? `path = ${files[0]}` : `path = ${path.dirname(files[0]!)}/*.log`;
    const conf = configure(dir, { input, syslog: `target = tcp://127.0.0.1:${sink.port}` });
    const command = [...AGENT, 'run', '--once', '-c', conf] as const;
    const { cpu, rss } = await runMeasured(command, path.join(dir, 'log'));
    const { first, last, messages } = await sink.arrival;
    if (messages !== lines) throw new Error(`the sink got ${messages} messages of ${lines}`);
    const rate = size / ((last - first) / 1000);
    return `  ${size.toFixed(1).padStart(7)} MB  ${rate.toFixed(1)} MB/s, ${(size / cpu).toFixed(1)} MB per CPU-second, ${(rss / 1e6).toFixed(0)} MB`;
  } finally {
    sink.end();
  }
}

function repeated(dir: string, file: string, copies: number): string {
  if (copies === 1) return file;
  const whole = path.join(dir, 'app.log');
  for (let n = 0; n < copies; n++) fs.appendFileSync(whole, fs.readFileSync(file));
  return whole;
}

/** The lines of a file in `count` files of about the same size. */
function spread(dir: string, file: string, count: number): string[] {
  fs.mkdirSync(path.join(dir, 'logs'));
  const all = fs.readFileSync(file);
  const files: string[] = [];
  for (let n = 0, from = 0; n < count; n++) {
    const to = n === count - 1 ? all.length : all.indexOf(10, Math.floor((all.length * (n + 1)) / count)) + 1;
    files.push(path.join(dir, 'logs', `app${n}.log`));
    fs.writeFileSync(files.at(-1)!, all.subarray(from, to));
    from = to;
  }
  return files;
}
