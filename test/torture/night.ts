/**
 * A bad night: an application writes by trickle, stream and flood into files that are rotated in two ways, while at random
 * moments the agent or the server is killed, frozen or away, the configuration is reloaded and positions are moved back. At the
 * end the server has every line.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Status } from '../../agent/ops/status.ts';
import { startAgent, status, stopped, tailship } from '../harness/agent.ts';
import { assertCloses } from '../harness/ledger.ts';
import { freePort, type Running } from '../harness/processes.ts';
import type { Scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { logLine } from '../harness/writer.ts';
import { randomOf } from '../tail/story-dice.ts';
import { sumUp } from './cases.ts';
import type { Transport } from './senders.ts';
import { numbersInFile } from './servers.ts';

export type Night = {
  readonly transport: Transport;
  readonly seed: number;
  /** How many things go wrong. */
  readonly troubles: number;
  /** Called with what happens next. */
  tell(what: string): void;
};

export type Morning = { readonly written: number; readonly received: number; readonly repeated: number };

/** Plays one. Throws an AssertionError where a line is missing, the ledger does not close, or the agent does not end with 0. */
export async function playNight(s: Scene, { transport, seed, troubles, tell }: Night): Promise<Morning> {
  const random = randomOf(seed);
  const upTo = (most: number) => Math.floor(random() * most);
  const application = createApplication(s, randomOf(seed + 1));
  const server = await createServer(s, transport);
  const conf = s.at('config.conf');
  const configure = () => fs.writeFileSync(conf, configuration(s, `${transport}://127.0.0.1:${server.port}`, random));
  configure();
  let agent = startAgent(s, conf);
  const said: Running[] = [agent];
  const begin = () => {
    agent = startAgent(s, conf);
    said.push(agent);
  };
  const told = () => said.map((one) => one.stderr()).join('');

  const happenings: Readonly<Record<string, () => unknown>> = {
    'the file is renamed': application.rename,
    'the file is copied and truncated': application.copyTruncate,
    'old files are packed': application.pack,
    async 'the agent is killed'() {
      agent.signal('SIGKILL');
      await agent.exited;
      begin();
    },
    async 'the agent is stopped and started'() {
      // In its first moments it has no handler yet, and ends by the signal.
      assert.ok([0, null].includes(await stopped(agent)), told());
      begin();
    },
    async 'the server is killed'() {
      await server.kill();
      await sleep(upTo(3_000));
      await server.start();
    },
    async 'the server hangs'() {
      server.signal('SIGSTOP');
      await sleep(upTo(4_000));
      server.signal('SIGCONT');
    },
    'the configuration is reloaded'() {
      configure();
      // A signal before the agent has a handler would end it, and is a kill like any other.
      agent.signal('SIGHUP');
    },
    async 'a file is sent again'() {
      await tailship(s, ['rewind', '-c', conf, s.at('logs/a.log'), '--to', 'beginning']).exited;
    },
  };
  const deck: string[] = [];
  for (let n = 0; n < troubles; n++) {
    application.setMood(random());
    await sleep(200 + upTo(2_500));
    // As cards are drawn: each comes once before one comes again.
    if (deck.length === 0) deck.push(...Object.keys(happenings));
    const [what] = deck.splice(upTo(deck.length), 1) as [string];
    tell(what);
    await happenings[what]!();
    const ended = await Promise.race([agent.exited, undefined]);
    if (ended === undefined) continue;
    assert.equal(ended.signal, 'SIGHUP', told());
    begin();
  }
  application.stop();
  let last: Status | undefined;
  const over = async () => {
    last = await status(s, conf);
    return delivered(last, application.written());
  };
  await until('the agent has the rest delivered', over, {
    ...{ told: () => told() + JSON.stringify(last, undefined, 1), patience: 300_000 },
  });
  for (const { inputs } of last!.destinations)
    for (const { ledger } of inputs) {
      assertCloses(ledger);
      assert.deepEqual(ledger.dropped, {});
    }
  assert.equal(await stopped(agent), 0, told());
  await server.kill();
  const { missing, lost, ...morning } = sumUp(application.written(), server.numbers());
  assert.equal(missing, '', `${lost} lines are missing`);
  return morning;
}

/** Two files and their generations. The second is copied and truncated between two lines, so that this alone loses nothing. */
function createApplication(s: Scene, random: () => number) {
  const folder = s.at('logs');
  fs.mkdirSync(folder);
  const files = ['a.log', 'b.log'].map((name) => path.join(folder, name));
  const fds = files.map((file) => fs.openSync(file, 'a'));
  let lines = 0;
  let rotations = 0;
  let perTick = 1;
  function write(): void {
    const some = Array.from({ length: perTick }, () => `${logLine(lines++)}\n`);
    fs.writeSync(fds[random() < 0.7 ? 0 : 1]!, some.join(''));
  }
  const timer = setInterval(write, 5);
  s.atEnd(() => clearInterval(timer));
  const generation = (file: string) => `${file}.${String(rotations++).padStart(4, '0')}`;
  return {
    written: () => lines,
    /** A trickle, a stream, or now and then more than a second thread is needed for. */
    setMood(mood: number): void {
      perTick = mood < 0.4 ? 1 : mood < 0.85 ? 30 : 600;
    },
    rename(): void {
      fs.renameSync(files[0]!, generation(files[0]!));
      fs.closeSync(fds[0]!);
      fds[0] = fs.openSync(files[0]!, 'a');
    },
    copyTruncate(): void {
      // What is not read when the file is truncated stands in the copy.
      fs.copyFileSync(files[1]!, generation(files[1]!));
      fs.ftruncateSync(fds[1]!);
    },
    pack(): void {
      const old = fs.globSync(path.join(folder, 'a.log.????')).sort().slice(0, -1);
      for (const file of old) {
        fs.writeFileSync(`${file}.tmp`, gzipSync(fs.readFileSync(file)));
        fs.utimesSync(`${file}.tmp`, fs.statSync(file).atime, fs.statSync(file).mtime);
        fs.renameSync(`${file}.tmp`, `${file}.gz`);
        fs.rmSync(file);
      }
    },
    stop(): void {
      clearInterval(timer);
      for (const fd of fds) fs.closeSync(fd);
    },
  };
}

/** A `tailship receive`, each start of which writes a file of its own. */
async function createServer(s: Scene, transport: Transport) {
  const port = await freePort();
  let starts = 0;
  let running: Running;
  async function begin(): Promise<void> {
    const out = s.at(`received-${starts++}.log`);
    running = tailship(s, ['receive', '--listen', `${transport}://127.0.0.1:${port}`, '--out', out]);
    await until('the server listens', () => running.stderr().includes(String(port)), { told: running.stderr });
  }
  await begin();
  return {
    port,
    start: begin,
    signal: (name: NodeJS.Signals) => running.signal(name),
    async kill(): Promise<void> {
      running.signal('SIGKILL');
      await running.exited;
    },
    numbers: (): number[] => Array.from({ length: starts }, (_, n) => numbersInFile(s.at(`received-${n}.log`))).flat(),
  };
}

/** Now and then another way to follow, to shape and to send. */
function configuration(s: Scene, target: string, random: () => number): string {
  const maybe = (line: string) => (random() < 0.4 ? `${line}\n` : '');
  return (
    // What is rotated before an agent has seen it is read too.
    `[input]\npath = ${s.at('logs/*.log')}\nstart = oldest\n${maybe('poll = 200ms')}` +
    `[transform]\n${maybe('timezone = Asia/Shanghai')}` +
    `[syslog]\ntarget = ${target}\n${maybe('window = 2MiB')}${maybe('json = all')}${maybe('chunk = 9000')}` +
    `[spool]\npath = ${s.at('spool.db')}\n`
  );
}

/** Whether all lines that were written are settled, and none waits. */
function delivered(now: Status | undefined, written: number): boolean {
  const books = now?.destinations[0];
  if (books === undefined || books.spool.rows > 0 || books.ledger.underway.lines > 0) return false;
  const files = books.inputs.flatMap((input) => input.files);
  return books.ledger.acked.lines >= written && files.every(({ behind }) => behind === 0);
}
