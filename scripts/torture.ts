/**
 * The command behind `scripts/torture`. Exit code 1 where tailship lost a line in a case in which it must not, or lost one and
 * did not count it.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { programPath } from '../test/harness/processes.ts';
import { CASES, type Case, type CaseName, type Result, type Scale, torture } from '../test/torture/cases.ts';
import { SENDERS, type SenderName, type Transport } from '../test/torture/senders.ts';

const FULL: Scale = { lines: 21_600, serverKills: 5, kills: 50, away: 60_000, grace: 5_000, quiet: 15_000 };
const QUICK: Scale = { lines: 6_000, serverKills: 2, kills: 10, away: 20_000, grace: 5_000, quiet: 8_000 };
const PAGE = path.resolve(import.meta.dirname, '../docs/reliability.md');
const MARKS = ['<!-- torture: begin -->', '<!-- torture: end -->'] as const;
/** The only case in which lines may be lost over TCP. */
const REMAINS: CaseName = 'open-window';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    sender: { type: 'string' },
    transport: { type: 'string' },
    kills: { type: 'string' },
    away: { type: 'string' },
  },
});
const scale = scaleOf();
const names = Object.keys(CASES) as CaseName[];
const wanted = positionals.length === 0 ? names : names.filter((name) => positionals.includes(name));
const unknown = positionals.filter((word) => !names.some((name) => name === word));
if (unknown.length > 0) refuse(`There is no case ${unknown.join(', ')}. There are: ${names.join(', ')}.`);
if (values.sender !== undefined && !SENDERS.some((name) => name === values.sender))
  refuse(`There is no sender ${values.sender}. There are: ${SENDERS.join(', ')}.`);

if (values.list) process.stdout.write(names.map((name) => `${name}: ${(CASES[name] as Case).name(scale)}\n`).join(''));
else await run();

async function run(): Promise<void> {
  const rows: string[] = [];
  let lost = 0;
  for (const name of wanted) {
    const one: Case = CASES[name];
    for (const transport of one.transports.filter((each) => (values.transport ?? each) === each)) {
      for (const sender of SENDERS.filter((each) => (values.sender ?? each) === each)) {
        const from = performance.now();
        const result = await torture(name, sender, transport, scale).catch((error: Error) =>
          fail(`${name} with ${sender} over ${transport} came to no end: ${error.message}`),
        );
        if (result.lost > 0) process.stderr.write(`lost: ${result.missing}\n`);
        if (sender === 'tailship' && (name !== REMAINS || transport === 'relp'))
          lost += Math.max(0, result.lost - result.counted);
        rows.push(rowOf(one, sender, transport, result));
        process.stderr.write(`${rows.at(-1)} ${Math.round((performance.now() - from) / 1000)} s\n`);
      }
    }
  }
  const table = tableOf(rows);
  process.stdout.write(table);
  if (values.write) writeInto(PAGE, table);
  process.exitCode = lost === 0 ? 0 : 1;
}

function rowOf({ name, bound }: Case, sender: SenderName, transport: Transport, result: Result): string {
  const number = (n: number) => n.toLocaleString('en-US');
  const { written, received, lost, repeated } = result;
  const known = result.counted > 0 ? ` (${number(result.counted)} counted)` : '';
  const counts = [number(written), number(received), number(lost) + known, number(repeated)];
  return `| ${[name(scale), transport, sender, ...counts, sender === 'tailship' ? bound : ''].join(' | ')} |`;
}

function tableOf(rows: readonly string[]): string {
  const [cpu] = os.cpus();
  const rsyslogd = execFileSync(programPath('rsyslogd') ?? 'rsyslogd', ['-v']).toString();
  const version = /rsyslogd\s+(\S+)/.exec(rsyslogd)?.[1];
  return `Measured on ${new Date().toISOString().slice(0, 10)} by \`scripts/torture\`: ${cpu?.model.trim()}, ${os.availableParallelism()} CPUs, Linux ${os.release()}, Node ${process.versions.node}, rsyslog ${version}, over loopback.

| case | transport | sender | written | received | lost | repeated | what bounds it |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
}

function writeInto(file: string, table: string): void {
  const text = fs.readFileSync(file, 'utf8');
  const [begin, end] = MARKS.map((mark) => text.indexOf(mark));
  if (begin === undefined || end === undefined || begin < 0 || end < begin)
    refuse(`${file} has no lines ${MARKS.join(' and ')} to write the table between.`);
  fs.writeFileSync(file, `${text.slice(0, begin + MARKS[0].length)}\n${table}${text.slice(end)}`);
}

function scaleOf(): Scale {
  const base = values.quick ? QUICK : FULL;
  const number = (word: string | undefined, otherwise: number) => {
    if (word !== undefined && !/^\d+$/.test(word)) refuse(`${word} is not a number.`);
    return word === undefined ? otherwise : Number(word);
  };
  return { ...base, kills: number(values.kills, base.kills), away: number(values.away, base.away / 1000) * 1000 };
}

function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
