/** What an agent costs and how quick it is when there is little to do: latency, start, stop, and idling. */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../test/harness/wait.ts';
import { configure, cpuOf, end, inFolder, median, memoryOf, quantile, startAgent, startSink } from './measure.ts';

const LINE = 'Jul 15 11:30:35 web01 app: [4711][INFO] [T1] a line of the usual length, about a hundred bytes, number';
/** Lines for the latency, one every so many ms. */
const LINES = 1000;
const EVERY = 10;
/** How long an idle agent is watched, after it has come to rest, ms. */
const WATCHED = 20_000;
const SETTLE = 60_000;

/** From the write of a line to its arrival over TCP, with a hundred lines a second, and the processor time that these take. */
export async function latency(say: (line: string) => void): Promise<void> {
  await inFolder(async (dir) => {
    const file = path.join(dir, 'app.log');
    const log = fs.openSync(file, 'a');
    const written: number[] = [];
    const times: number[] = [];
    const server = await listen((block) => {
      const now = performance.now();
      for (const [, number] of block.toString('latin1').matchAll(/number (\d+)"/g))
        times[Number(number)] = now - written[Number(number)]!;
    });
    const conf = configure(dir, { input: `path = ${file}`, syslog: `target = tcp://127.0.0.1:${server.port}` });
    const agent = startAgent(dir, conf);
    try {
      fs.writeSync(log, `${LINE} ${LINES}\n`);
      await until('the first line comes', () => LINES in times);
      const [begun, before] = [performance.now(), cpuOf(agent.pid!)];
      for (let n = 0; n < LINES; n++) {
        await pause(EVERY);
        written[n] = performance.now();
        fs.writeSync(log, `${LINE} ${n}\n`);
      }
      await until('the last line comes', () => LINES - 1 in times);
      const share = (1e5 * (cpuOf(agent.pid!) - before)) / (performance.now() - begun);
      times.length = LINES;
      const [middle, most] = [quantile(times, 0.5), quantile(times, 0.99)];
      say(
        `latency over TCP, ${1000 / EVERY} lines a second, ${times.length} of them: median ${middle.toFixed(2)} ms, 99 % below ${most.toFixed(2)} ms, ${share.toFixed(1)} % of a core`,
      );
    } finally {
      await end(agent);
      server.close();
    }
  });
}

/** From the start of the process to the first record, and from SIGTERM to its end when all is delivered. */
export async function startAndStop(runs: number, say: (line: string) => void): Promise<void> {
  const [starts, stops]: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run++)
    await inFolder(async (dir) => {
      const file = path.join(dir, 'app.log');
      fs.writeFileSync(file, `${LINE} 0\n`);
      let came = 0;
      const server = await listen(() => {
        came ||= performance.now();
      });
      const conf = configure(dir, { input: `path = ${file}`, syslog: `target = tcp://127.0.0.1:${server.port}` });
      const begun = performance.now();
      const agent = startAgent(dir, conf);
      await until('the first record comes', () => came);
      starts.push(came - begun);
      await pause(3000); // Longer than a record waits for its proof.
      const told = performance.now();
      await end(agent);
      stops.push(performance.now() - told);
      server.close();
    });
  say(
    `start to first record ${median(starts).toFixed(0)} ms, stop ${median(stops).toFixed(0)} ms; medians of ${runs} runs`,
  );
}

/** Processor time and memory with so many files to which nobody writes. */
export async function idle(files: number, say: (line: string) => void): Promise<void> {
  await inFolder(async (dir) => {
    fs.mkdirSync(path.join(dir, 'logs'));
    for (let n = 0; n < files; n++) fs.writeFileSync(path.join(dir, 'logs', `app${n}.log`), `${LINE} ${n}\n`);
    const sink = await startSink(files);
    const conf = configure(dir, {
      input: `path = ${dir}/logs/*.log`,
      syslog: `target = tcp://127.0.0.1:${sink.port}`,
    });
    const agent = startAgent(dir, conf);
    try {
      await sink.arrival;
      await pause(SETTLE);
      const before = cpuOf(agent.pid!);
      await pause(WATCHED);
      const share = (cpuOf(agent.pid!) - before) / (WATCHED / 1000);
      say(
        `idle with ${files} file${files === 1 ? '' : 's'}: ${(100 * share).toFixed(2)} % of a core, ${(memoryOf(agent.pid!) / 1e6).toFixed(0)} MB resident`,
      );
    } finally {
      await end(agent);
      sink.end();
    }
  });
}

async function listen(came: (block: Buffer) => void) {
  const server = net.createServer((socket) => {
    socket.setNoDelay();
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('data', came);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as net.AddressInfo).port, close: () => server.close() };
}
