/**
 * The main job, seen from outside: an application writes its log, the log is rotated, the server goes away and comes back,
 * and at the end every line is accounted for. Ends with 1 if any was lost.
 */
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Receiver, startAgent, startReceiver, status, stopped, writeConfig } from '../test/harness/agent.ts';
import { logrotate } from '../test/harness/logrotate.ts';
import { freePort, programPath } from '../test/harness/processes.ts';
import { createScene } from '../test/harness/temp.ts';
import { until } from '../test/harness/wait.ts';
import { startWriter, type Writer } from '../test/harness/writer.ts';

const scene = createScene();
const log = scene.at('app.log');
const began = performance.now();

process.on('SIGINT', async () => {
  await scene.end();
  process.exit(130);
});

try {
  process.exitCode = await demo();
} catch (problem) {
  process.stderr.write(`demo: ${problem instanceof Error ? problem.message : problem}\n`);
  process.exitCode = 1;
} finally {
  await scene.end();
}

async function demo(): Promise<number> {
  print('tailship demo: a log is written, rotated and shipped, through an outage of the server. About 20 seconds.');
  print(`Everything happens on loopback and in ${scene.dir}, which is removed at the end.\n`);
  const port = await freePort();
  const conf = writeConfig(scene, { target: `tcp://127.0.0.1:${port}` });

  let server = await startReceiver(scene, 'tcp', { port });
  const servers = [server];
  tell('server', `tailship receive --verify listens on tcp://127.0.0.1:${port}`);
  const writer = startWriter(log, { perTick: 4 });
  scene.atEnd(writer.stop);
  tell('app', 'writes to app.log, about 1,300 lines a second, some in Chinese');
  const agent = startAgent(scene, conf);
  await until('the agent answers', () => status(scene, conf), { told: agent.stderr });
  tell('agent', 'tailship run follows app.log');
  const look = () => report(conf, writer, servers);
  await watch(2, look);
  await rotate();
  await watch(1, look);

  tell('server', `goes away. ${lastLine((await server.verdict()).text)}`);
  await watch(3, look);
  await rotate();
  await watch(2, look);

  server = await startReceiver(scene, 'tcp', { port, more: ['--from-first'] });
  servers.push(server);
  tell('server', 'is back');
  await until('the spool is drained', async () => {
    const { spool } = await look();
    if (spool > 0) await sleep(300);
    return spool === 0;
  });
  await rotate();
  await watch(1, look);

  writer.stop();
  tell('app', `has ended after ${number(writer.lines.length)} lines and three rotations`);
  await settled(writer, servers);
  const code = await stopped(agent);
  tell('agent', `has ended on SIGTERM with exit code ${code}`);
  const { text } = await server.verdict();
  tell('server', `says of what came since it is back: ${lastLine(text)}\n`);
  return count(writer, servers);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function tell(who: string, what: string): void {
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  print(`${seconds.padStart(5)} s  ${who.padEnd(7)} ${what}`);
}

/** Where the verification gives its verdict. */
function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function number(value: number): string {
  return value.toLocaleString('en');
}

async function watch(seconds: number, look: () => Promise<unknown>): Promise<void> {
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    await sleep(Math.min(1_000, end - performance.now()));
    await look();
  }
}

/** One line on the state, as `tailship status --json` gives it. */
async function report(conf: string, writer: Writer, servers: readonly Receiver[]): Promise<{ spool: number }> {
  const destination = (await status(scene, conf))?.destinations[0];
  if (!destination) throw new Error('the agent does not answer');
  const { lines, bytes } = destination.spool;
  const bar = '#'.repeat(Math.min(30, Math.ceil(lines / 400)));
  const arrived = tally(servers).received.size;
  tell(
    'status',
    `${destination.state.padEnd(9)} written ${number(writer.lines.length).padStart(6)}  received ${number(arrived).padStart(6)}  ` +
      `spool ${number(lines).padStart(5)} lines ${String(Math.round(bytes / 1024)).padStart(4)} KiB ${bar}`,
  );
  return { spool: lines };
}

async function rotate(): Promise<void> {
  const by = programPath('logrotate') ? 'logrotate' : 'mv (logrotate is not installed)';
  const before = new Set(fs.readdirSync(scene.dir));
  if (programPath('logrotate')) await logrotate(scene, log, ['create']);
  else {
    fs.renameSync(log, `${log}-${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}`);
    fs.writeFileSync(log, '');
  }
  const rotated = fs.readdirSync(scene.dir).find((name) => name.startsWith('app.log-') && !before.has(name));
  tell('rotate', `${by}: app.log is now ${rotated}, and a new app.log has begun`);
}

/** Waits until the servers have every line, or nothing has come for 5 seconds. */
async function settled(writer: Writer, servers: readonly Receiver[]): Promise<void> {
  let most = 0;
  for (let since = performance.now(); performance.now() - since < 5_000; await sleep(200)) {
    const { received } = tally(servers);
    if (received.size >= writer.lines.length) return;
    if (received.size > most) since = performance.now();
    most = received.size;
  }
}

/** The numbers of the lines that arrived, and how many records came more than once. */
function tally(servers: readonly Receiver[]): { received: Set<number>; repeated: number } {
  const received = new Set<number>();
  const records = new Set<string | undefined>();
  let messages = 0;
  for (const message of servers.flatMap((server) => server.lines())) {
    messages += 1;
    received.add(Number(/"MSG":"message (\d+) /.exec(message)?.[1]));
    records.add(/\[tail@32473 f="\w+" at="\d+"/.exec(message)?.[0]);
  }
  return { received, repeated: messages - records.size };
}

function count(writer: Writer, servers: readonly Receiver[]): number {
  const { received, repeated } = tally(servers);
  const lost = writer.lines.filter((_, n) => !received.has(n)).length;
  for (const [name, value] of Object.entries({
    written: writer.lines.length,
    received: received.size,
    lost,
    repeated,
  })) {
    print(`${name.padEnd(9)} ${number(value).padStart(7)}`);
  }
  if (repeated > 0) {
    print(
      '\nWhat came twice was sent just before the server went away. Nothing proved then that the server had it, so it was',
    );
    print('sent again; every record says which bytes of which file it is, so a receiver can tell (--verify does).');
  }
  return lost > 0 ? 1 : 0;
}
