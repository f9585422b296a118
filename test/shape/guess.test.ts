import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { type Fit, guessPattern } from '../../agent/shape/guess.ts';

const LOGHUB = path.resolve(import.meta.dirname, '../../../shared/loghub');

/** Numbers that are always the same, but look like any. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
}

const WORDS =
  'order user payment session cache request queue item lock disk failed started accepted from with for'.split(' ');

type Tools = {
  readonly i: number;
  readonly clock: string;
  readonly msg: string;
  pick<T>(...choices: readonly T[]): T;
  number(below: number): number;
};

/** 400 lines of a program of our own making. */
function lines(make: (tools: Tools) => string): string[] {
  const number = dice(7);
  return Array.from({ length: 400 }, (_, i) => {
    const clock = [10 + Math.floor(i / 3600), Math.floor(i / 60) % 60, i % 60]
      .map((n) => String(n).padStart(2, '0'))
      .join(':');
    const words = Array.from({ length: 2 + number(7) }, () => WORDS[number(WORDS.length)]);
    const end = ['', ` id=${number(9999)}`, ': done', ` (10.0.0.${number(99)})`][number(4)];
    const pick = <T>(...choices: readonly T[]): T => choices[number(choices.length)]!;
    return make({ i, clock, msg: `${words.join(' ')}${end}`, pick, number });
  });
}

const rate = ({ matched, lines }: Fit) => matched / lines;
const found = (fit: Fit) =>
  [...fit.groups]
    .filter(([, count]) => count === fit.matched)
    .map(([name]) => name)
    .sort();
const named = ({ pattern }: Fit) => ('builtin' in pattern ? pattern.builtin : 'made');

type Case = {
  readonly name: string;
  readonly make: (tools: Tools) => string;
  readonly pattern: string;
  readonly finds: readonly string[];
};

const CASES: readonly Case[] = [
  {
    name: 'columns with bars between them',
    make: ({ clock, msg, pick, number }) =>
      `2026-11-22 ${clock}.${String(number(1000)).padStart(3, '0')}|${pick('INFO', 'WARN', 'ERROR')}|${pick('order-service', 'web')}|${number(20)}|${msg}`,
    ...{ pattern: 'made', finds: ['level', 'msg', 'owner', 'pid', 'time'] },
  },
  {
    name: 'columns that are padded',
    make: ({ clock, msg, pick }) =>
      `22.11.2026 ${clock} | ${pick('INFO ', 'ERROR')} | ${pick('main', 'io-1')} | ${msg}`,
    ...{ pattern: 'made', finds: ['level', 'msg', 'owner', 'time'] },
  },
  {
    name: 'brackets',
    make: ({ clock, msg, pick, number }) =>
      `[26/11/22 ${clock}] [web-1] [${pick('info', 'error')}] [worker-${number(9)}] ${msg}`,
    ...{ pattern: 'made', finds: ['level', 'logger', 'msg', 'owner', 'time'] },
  },
  {
    name: 'keys and values behind a time',
    make: ({ i, clock, msg, pick }) =>
      `2026/11/22 ${clock} lvl=${pick('info', 'warn')} mod=${pick('a', 'b.c')} n=${i} ${msg}`,
    ...{ pattern: 'made', finds: ['level', 'mod', 'msg', 'n', 'time'] },
  },
  {
    name: 'a firewall',
    make: ({ i }) =>
      `fw1 ${1_795_341_600 + i}.${100 + i} FILTER: SRC=10.0.0.${i % 9} DST=10.1.0.${i % 7} PROTO=TCP SPT=${i}`,
    ...{ pattern: 'made', finds: ['dst', 'owner', 'proto', 'source', 'spt', 'src', 'time'] },
  },
  {
    name: 'glog',
    make: ({ i, clock, msg, pick, number }) =>
      `${pick('I', 'W', 'E')}1122 ${clock}.123456 ${100 + number(9)} server.go:${i}] ${msg}`,
    ...{ pattern: 'made', finds: ['file', 'level', 'line', 'msg', 'pid', 'time'] },
  },
  {
    name: 'a database',
    make: ({ clock, msg, pick, number }) =>
      `2026-11-22 ${clock}.123 CET [${number(9999)}] ${pick('bob@shop', '[unknown]@[unknown]')} ${pick('LOG', 'ERROR', 'FATAL')}:  ${msg}`,
    ...{ pattern: 'made', finds: ['field1', 'level', 'msg', 'pid', 'time'] },
  },
  {
    name: 'a proxy',
    make: ({ i, pick, number }) =>
      `${1_795_341_600 + i}.123 ${String(number(999)).padStart(6)} 10.0.0.${i % 9} TCP_${pick('MISS', 'HIT')}/200 GET http://x.example/${i}`,
    ...{ pattern: 'made', finds: ['client', 'field1', 'msg', 'time'] },
  },
  {
    name: 'nothing but a time',
    make: ({ i, clock, pick }) => `2026-11-22 ${clock} ${pick('status installed', 'configure')} lib${i}:amd64 2.${i}`,
    ...{ pattern: 'made', finds: ['msg', 'time'] },
  },
  {
    name: 'JSON',
    make: ({ i, clock, msg }) => JSON.stringify({ ts: `2026-11-22T${clock}Z`, level: 'info', msg, n: i }),
    ...{ pattern: 'json', finds: ['level', 'msg', 'time'] },
  },
  {
    name: 'JSON in lines of CRI',
    make: ({ clock, msg }) => `2026-11-22T${clock}.123456789Z stdout F ${JSON.stringify({ level: 'info', msg })}`,
    ...{ pattern: 'cri/json', finds: ['level', 'msg', 'time'] },
  },
  {
    name: 'plain lines of Docker',
    make: ({ clock, msg }) => JSON.stringify({ log: `${msg}\n`, stream: 'stdout', time: `2026-11-22T${clock}.1Z` }),
    ...{ pattern: 'docker-json', finds: ['msg', 'time'] },
  },
  {
    name: 'logfmt',
    make: ({ clock, msg }) => `ts=2026-11-22T${clock}Z level=info msg="${msg}"`,
    ...{ pattern: 'logfmt', finds: ['level', 'msg', 'time'] },
  },
];

describe('a pattern for lines that nobody has said anything of', () => {
  for (const { name, make, pattern, finds } of CASES) {
    test(`${name}: ${pattern === 'made' ? 'one is made' : pattern}`, () => {
      const all = lines(make);
      const { best } = guessPattern(all);
      assert.ok(best, 'nothing is suggested');
      assert.equal(named(best), pattern);
      assert.ok(rate(best) >= 0.98);
      assert.deepEqual(found(best), finds, JSON.stringify(best.pattern));
      assert.equal(finds.includes('time'), best.times >= best.matched * 0.98);
      // What is found in one half fits the other, so it is no copy of the lines that were seen.
      const half = guessPattern(all.slice(0, 200)).best;
      assert.deepEqual(half?.pattern, best.pattern);
    });
  }

  test('stack traces are left to the records that they belong to', () => {
    const trace = ['java.io.IOException: x', '\tat a.b.C(C.java:1)', 'Caused by: y', '\t... 3 more'].join('\n');
    const all = lines(
      ({ i, clock, msg, pick }) =>
        `2026-11-22 ${clock} # ${pick('INFO', 'ERROR')} # ${msg}${i % 3 === 0 ? `\n${trace}` : ''}`,
    );
    const { best, joins } = guessPattern(all.flatMap((text) => text.split('\n')));
    assert.equal(best?.lines, 400);
    assert.deepEqual([best?.matched, best?.levels, best?.times, joins], [400, 400, 400, true]);
  });

  test('none is suggested where lines have nothing in common, or there are none', () => {
    for (const all of [lines(({ msg }) => msg), [], ['']]) assert.equal(guessPattern(all).best, undefined);
  });

  test('what only the first half has in common makes no pattern', () => {
    const all = lines(({ i, clock, msg }) => `2026-11-22 ${clock} ${i < 200 ? `[boot] step=${i} ` : ''}${msg}`);
    const { best } = guessPattern(all);
    assert.deepEqual(best && [best.matched, found(best)], [400, ['msg', 'time']]);
  });

  test('a few odd lines in a hundred do no harm', () => {
    const all = lines(({ i, clock, msg }) => (i % 67 === 5 ? `** ${msg}` : `2026-11-22 ${clock} <INFO> ${msg}`));
    const { best } = guessPattern(all);
    assert.deepEqual(best && [named(best), best.matched, best.times, best.levels], ['made', 394, 394, 394]);
  });
});

describe('real logs', () => {
  const options = fs.existsSync(LOGHUB) ? {} : { skip: 'the folder shared/loghub beside the project is absent' };
  const expected = {
    ...{ Android: 'made', Apache: 'apache', HDFS: 'java', Hadoop: 'java', Linux: 'syslog', Mac: 'syslog' },
    ...{ OpenSSH: 'syslog', OpenStack: 'made', Spark: 'java', Zookeeper: 'java' },
  };
  for (const [name, pattern] of Object.entries(expected)) {
    test(`${name}: ${pattern}, with time and level or owner in 98 lines of 100`, options, () => {
      const all = fs
        .readFileSync(path.join(LOGHUB, `${name}.log`), 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      const { best } = guessPattern(all);
      assert.ok(best);
      assert.equal(named(best), pattern);
      const least = all.length * 0.98;
      assert.ok(best.matched >= least && best.times >= least, `${best.matched} matched, ${best.times} with a time`);
      assert.ok(Math.max(best.levels, best.groups.get('owner') ?? 0) >= least);
      // From the first half alone comes what matches the second.
      const half = guessPattern(all.slice(0, all.length / 2)).best;
      assert.deepEqual(half?.pattern, best.pattern);
    });
  }
});
