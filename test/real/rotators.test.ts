/**
 * Applications that rotate their own files: Python's handlers for real, and log4j's, log4net's and pm2's by the names that they give.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Receiver, startAgent, startReceiver, stopped, writeConfig } from '../harness/agent.ts';
import { start } from '../harness/processes.ts';
import { assertSameLines, once } from '../harness/records.ts';
import { needsParts } from '../harness/system.ts';
import { type Scene, scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { logLine } from '../harness/writer.ts';

/** Writes some lines through one of Python's handlers, which rotates as it goes. */
const PYTHON = `
import logging, logging.handlers, sys, time
kind, file, pause = sys.argv[1], sys.argv[2], float(sys.argv[3])
if kind == 'size':
    handler = logging.handlers.RotatingFileHandler(file, maxBytes=20000, backupCount=100)
else:
    handler = logging.handlers.TimedRotatingFileHandler(file, when='S', interval=1, backupCount=100)
handler.setFormatter(logging.Formatter('%(message)s'))
log = logging.getLogger('app')
log.addHandler(handler)
for line in sys.stdin:
    log.warning(line.rstrip('\\n'))
    time.sleep(pause)
`;

/** Gives the lines from one number up to another to an application, which writes and rotates, and returns when it has ended. */
type Rotator = (s: Scene, lines: readonly string[]) => Promise<void>;

const python =
  (kind: 'size' | 'time', pause: number): Rotator =>
  async (s, lines) => {
    const program = s.at('app.py');
    fs.writeFileSync(program, PYTHON);
    const input = s.at('lines');
    fs.writeFileSync(input, `${lines.join('\n')}\n`);
    const shell = ['-c', 'exec /usr/bin/python3 "$0" "$1" "$2" "$3" < "$4"', program, kind, s.at('app.log')];
    const running = start(s, '/bin/sh', [...shell, String(pause), input]);
    const { code } = await running.exited;
    assert.equal(code, 0, running.stderr());
  };

/** A rotator of this process: a new file after every `size` lines; `rotate` gives the old one its name, by how many came before. */
const rotator = (size: number, rotate: (s: Scene, made: number) => void): Rotator => {
  let made = 0;
  return async (s, lines) => {
    for (let from = 0; from < lines.length; from += size) {
      if (fs.existsSync(s.at('app.log'))) rotate(s, made++);
      for (const line of lines.slice(from, from + size)) fs.appendFileSync(s.at('app.log'), `${line}\n`);
      // File systems tell times by ticks of the kernel's clock.
      const born = fs.statSync(s.at('app.log')).birthtimeMs;
      await until('the clock ticks', () => Date.now() > born + 20);
    }
  };
};

const move = (s: Scene, from: string, to: string): void => {
  if (fs.existsSync(s.at(from))) fs.renameSync(s.at(from), s.at(to));
};
const pack = (s: Scene, to: string): void => {
  fs.writeFileSync(s.at(to), gzipSync(fs.readFileSync(s.at('app.log'))));
  fs.unlinkSync(s.at('app.log'));
};

const CASES: readonly {
  name: string;
  parts?: readonly string[];
  lines: number;
  leaves: RegExp;
  make: () => Rotator;
}[] = [
  {
    name: "Python's RotatingFileHandler",
    parts: ['python3'],
    lines: 600,
    leaves: /^app\.log\.\d+$/,
    make: () => python('size', 0.001),
  },
  {
    name: "Python's TimedRotatingFileHandler",
    parts: ['python3'],
    lines: 120,
    leaves: /^app\.log\.\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d$/,
    make: () => python('time', 0.02),
  },
  {
    name: "log4j's RollingFileAppender, whose lowest number is the newest",
    lines: 200,
    leaves: /^app\.log\.\d$/,
    make: () =>
      rotator(100, (s) => {
        for (let n = 8; n > 0; n -= 1) move(s, `app.log.${n}`, `app.log.${n + 1}`);
        move(s, 'app.log', 'app.log.1');
      }),
  },
  {
    name: 'log4j2 with %i and fileIndex = max, whose highest number is the newest',
    lines: 200,
    leaves: /^app\.\d\.log$/,
    make: () => rotator(100, (s, made) => move(s, 'app.log', `app.${made + 1}.log`)),
  },
  {
    name: 'log4j2 with %d{MM-dd-yyyy}-%i, packed',
    lines: 200,
    leaves: /^app-11-2\d-2026-\d\.log\.gz$/,
    make: () => rotator(100, (s, made) => pack(s, `app-11-2${made > 2 ? 2 : 1}-2026-${made + 1}.log.gz`)),
  },
  {
    name: 'logback with .%d.%i, packed',
    lines: 200,
    leaves: /^app\.log\.2026-11-2\d\.\d\.gz$/,
    make: () => rotator(100, (s, made) => pack(s, `app.log.2026-11-2${made > 2 ? 2 : 1}.${made}.gz`)),
  },
  {
    name: 'pm2, with two underscores before the date',
    lines: 200,
    leaves: /^app__2026-11-22_00-00-0\d\.log$/,
    make: () => rotator(100, (s, made) => move(s, 'app.log', `app__2026-11-22_00-00-0${made}.log`)),
  },
];

for (const { name, parts = [], lines, leaves, make } of CASES) {
  test(
    `${name}: every line once and in order, though the agent is stopped for some rotations`,
    needsParts(...parts),
    async (t) => {
      const s = scene(t);
      const server = await startReceiver(s, 'tcp');
      const conf = writeConfig(s, {
        target: `tcp://127.0.0.1:${server.port}`,
        syslog: 'json = all\nlinger = 100ms',
        input: 'start = oldest',
      });
      const write = make();
      const written: string[] = [];
      const run = async (): Promise<void> => {
        const next = Array.from({ length: lines }, (_, i) => logLine(written.length + i));
        written.push(...next);
        await write(s, next);
      };
      let agent = startAgent(s, conf);
      await run();
      await arrived(server, written, agent.stderr);
      assert.equal(await stopped(agent), 0, agent.stderr());
      await run();
      agent = startAgent(s, conf);
      await run();
      await arrived(server, written, agent.stderr);
      assert.equal(await stopped(agent), 0, agent.stderr());

      const rotated = fs.readdirSync(s.dir).filter((one) => /^app[._-]/.test(one) && !/^app\.(log|py)$/.test(one));
      assert.ok(rotated.length >= 4, rotated.join(' '));
      for (const one of rotated) assert.match(one, leaves);
      const came = once(server.lines());
      assertSameLines(came.lines, written);
      assert.equal(came.repeated.count, 0);
      const { code, text } = await server.verdict();
      assert.equal(code, 0, text);
    },
  );
}

async function arrived(server: Receiver, written: readonly string[], told: () => string): Promise<void> {
  await until('the server has all lines', () => server.lines().length >= written.length, { told });
}
