/**
 * How fast the agent is on this machine: `scripts/bench [BENCH...] [--lines 1000000] [--runs 3] [--most 6]`. README.md in this folder
 * says what each bench measures and how to read it. Without a name all run, one after the other. Writes nothing but what it prints.
 */
import { parseArgs } from 'node:util';
import { curves } from './curves.ts';
import { formats } from './formats.ts';
import { machine } from './measure.ts';
import { race } from './race.ts';
import { idle, latency, startAndStop } from './rest.ts';
import { spool } from './spool.ts';
import { balance, transports, udp } from './transports.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lines: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '3' },
    // The largest file of the curves, in copies of the corpus; 30 makes one of 5 GB.
    most: { type: 'string', default: '6' },
  },
});
const [lines, runs, most] = [values.lines, values.runs, values.most].map(Number) as [number, number, number];
const say = (line: string) => process.stdout.write(`${line}\n`);

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  race: () => race(lines, runs, say),
  transports: () => transports(lines, runs, say),
  udp: () => udp(lines, runs, say),
  balance: () => balance(lines, runs, say),
  spool: () => spool(lines, runs, say),
  latency: () => latency(say),
  start: () => startAndStop(runs, say),
  idle: async () => {
    for (const files of [1, 10_000]) await idle(files, say);
  },
  curves: () => curves(lines, most, say),
  formats: async () => formats(runs, say),
};

const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
const unknown = names.find((name) => !BENCHES[name]);
if (unknown !== undefined) {
  process.stderr.write(`There is no bench '${unknown}': they are ${Object.keys(BENCHES).join(', ')}.\n`);
  process.exitCode = 2;
} else {
  say(machine());
  for (const name of names) {
    say(`${name}:`);
    await BENCHES[name]!();
  }
}
