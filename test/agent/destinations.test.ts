/** Several destinations, each a walk of its own over the same files: none holds another back. */
import assert from 'node:assert/strict';
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { check } from '../../agent/check.ts';
import type { Status, Stopped } from '../../agent/ops/status.ts';
import { realSockets } from '../../agent/ship/sockets.ts';
import { freePort } from '../harness/processes.ts';
import { until } from '../harness/wait.ts';
import { type StartedAgent, startAgent, startUdpServer } from './in-process.ts';

const lines = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `Jul 15 11:30:35 host app: [12][INFO] number ${from + i}.\n`).join('');
const numbers = (messages: readonly string[]) => messages.map((message) => Number(/number (\d+)\./.exec(message)?.[1]));
const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

/** Where nobody listens. */
const closedPort = async () => `tcp://127.0.0.1:${await freePort()}`;

async function destinationOf(agent: StartedAgent, name: string) {
  const { json } = await agent.status();
  return (json as Status).destinations.find((one) => one.name === name);
}

async function startThree(t: TestContext, spool = '') {
  const servers = [await startUdpServer(t), await startUdpServer(t)] as const;
  const extra = `${spool}\n[syslog.away]\ntarget = ${await closedPort()}\n[syslog.second]\ntarget = ${servers[1].url}`;
  return { servers, agent: startAgent(t, { target: servers[0].url, extra }) };
}

/** No outage is reckoned with, and no rotation of the host is looked at. */
const LASTING = { outage: 0, logrotate: join(tmpdir(), 'no-such-logrotate.conf') };

test('every destination gets every record; one that is down spools, and holds no other back', async (t) => {
  const { servers, agent } = await startThree(t);
  writeFileSync(agent.file, lines(0, 100));
  await until('both have all', () => servers.every(({ messages }) => messages.length === 100));
  for (const { messages } of servers) assert.deepEqual(numbers(messages), range(0, 100));
  await until('the rest is in the spool', async () => (await destinationOf(agent, 'away'))?.spool.lines === 100);
  assert.equal((await destinationOf(agent, 'away'))?.state, 'spooling');
  await until('all is settled', async () => {
    const ledger = (await destinationOf(agent, 'second'))?.inputs[0]?.ledger;
    return ledger?.acked.lines === 100 && ledger.spool.lines === 0;
  });
});

test('a destination whose spool is full waits in the files, and the others go on', async (t) => {
  const { servers, agent } = await startThree(t, 'max_size = 512KiB\nfull = block');
  writeFileSync(agent.file, '');
  const all = 10_000;
  // In portions that a datagram socket's buffer holds.
  for (let n = 0; n < all; n += 200) {
    appendFileSync(agent.file, lines(n, 200));
    await until('both have all', () => servers.every(({ messages }) => messages.length === n + 200));
  }
  const away = (await destinationOf(agent, 'away'))!;
  assert.ok(away.spool.lines + away.underway.lines < all);
  assert.deepEqual(away.inputs[0]!.ledger.dropped, {});
  assert.equal(await agent.stop(), 0);
  assert.deepEqual(numbers(servers[1].messages), range(0, all));
});

test('a fault in the walk of one destination halts that one, and only that one', async (t) => {
  const server = await startUdpServer(t);
  const other = await startUdpServer(t);
  const port = Number(new URL(other.url).port);
  const sockets = {
    ...realSockets,
    createUdp(family: 4 | 6) {
      const socket = realSockets.createUdp(family);
      return {
        connect(to: number, host: string) {
          if (to === port) socket.send = () => assert.fail('a defect of the program');
          return socket.connect(to, host);
        },
        send: (...args: Parameters<typeof socket.send>) => socket.send(...args),
        close: () => socket.close(),
        on: socket.on.bind(socket),
      };
    },
  };
  const agent = startAgent(t, { target: server.url, extra: `[syslog.bad]\ntarget = ${other.url}`, sockets });
  writeFileSync(agent.file, lines(0, 10));
  await until('the fault is said', () => agent.said.some((sentence) => sentence.includes('bad is halted')));
  appendFileSync(agent.file, lines(10, 10));
  await until('the other has all', () => server.messages.length === 20);
  assert.equal((await destinationOf(agent, 'bad'))?.state, 'halted');
  assert.equal(await agent.stop(), 1);
  const [good, bad] = ((await agent.status()).json as Stopped).destinations;
  assert.equal(good?.inputs[0]?.ledger.acked.lines, 20);
  assert.equal(bad?.inputs[0]?.ledger.acked.lines ?? 0, 0);
});

test('a fault in the only walk ends the agent with that fault', async (t) => {
  const broken = { ...realSockets, createUdp: realSockets.createUdp };
  broken.createUdp = (family) => {
    const socket = realSockets.createUdp(family);
    socket.writer = () => () => assert.fail('a defect of the program');
    return socket;
  };
  const { url } = await startUdpServer(t);
  const agent = startAgent(t, { target: url, sockets: broken });
  const ended = assert.rejects(agent.done, /a defect of the program/);
  writeFileSync(agent.file, lines(0, 10));
  await ended;
});

test('a destination that is added later starts as start says, and the others go on where they were', async (t) => {
  for (const start of ['beginning', 'end']) {
    const first = await startUdpServer(t);
    const later = await startUdpServer(t);
    const setup = { target: first.url, input: `start = ${start}` };
    const before = startAgent(t, setup);
    await until('it waits for the file', () => before.said.some((sentence) => sentence.includes(before.file)));
    writeFileSync(before.file, lines(0, 10));
    await until('the first has all', () => first.messages.length === 10);
    await before.stop();
    const extra = `[syslog.later]\ntarget = ${later.url}`;
    const after = startAgent(t, { ...setup, extra, folder: before.folder });
    await until('it runs', async () => (await destinationOf(after, 'later'))?.inputs[0]?.files.length === 1);
    appendFileSync(after.file, lines(10, 10));
    await until('the newest record is everywhere', () => numbers(later.messages).includes(19));
    await until('the first has the rest', () => first.messages.length >= 20);
    assert.deepEqual(numbers(first.messages), range(0, 20));
    assert.deepEqual(numbers(later.messages), start === 'end' ? range(10, 10) : range(0, 20));
    await after.stop();
  }
});

test('a removed destination is named as orphaned with its rows, and sent what it missed when it is configured again', async (t) => {
  const server = await startUdpServer(t);
  const away = `[syslog.old]\ntarget = ${await closedPort()}`;
  const before = startAgent(t, { target: server.url, extra: away });
  writeFileSync(before.file, lines(0, 10));
  await until('it is spooled', async () => (await destinationOf(before, 'old'))?.spool.lines === 10);
  await until('the other has all', () => server.messages.length === 10);
  await before.stop();

  const without = startAgent(t, { target: server.url, folder: before.folder });
  await until('it runs', async () => (await destinationOf(without, 'syslog')) !== undefined);
  const running = await without.status();
  assert.deepEqual(
    running.json.orphaned.map(({ name, spool }) => [name, spool.lines]),
    [['old', 10]],
  );
  assert.match(running.text(), /\nold {2}ORPHANED {2}in no section any more; spool: 10 lines in \d+ batch/);
  await without.stop();
  const stopped = await without.status();
  assert.deepEqual(stopped.json.orphaned, running.json.orphaned);
  assert.match(stopped.text(), /\nold {2}ORPHANED/);
  assert.deepEqual(
    stopped.json.destinations.map(({ name }) => name),
    ['syslog'],
  );
  const file = join(before.folder, 'config.conf');
  const { findings, code } = await check({ file, connect: false, env: {}, cwd: before.folder, ...LASTING });
  const [said, ...others] = findings.filter(({ what }) => /\bold\b/.test(what));
  assert.deepEqual(others, []);
  assert.match(said?.what ?? '', /destination old .* no more: 10 lines in \d+ rows of the spool .* wait for it\.$/);
  assert.match(said?.cure ?? '', /a section \[syslog\.old\] again/);
  assert.deepEqual([said?.level, code], ['warning', 0]);

  const back = await startUdpServer(t);
  const extra = `[syslog.old]\ntarget = ${back.url}`;
  startAgent(t, { target: server.url, extra, folder: before.folder });
  await until('the old one has all', () => back.messages.length === 10);
  assert.deepEqual(numbers(back.messages), range(0, 10));
});

test('--once is done when every destination has all; one that is down makes it 1, and the others have all', async (t) => {
  const servers = [await startUdpServer(t), await startUdpServer(t)] as const;
  for (const [i, down] of [false, true].entries()) {
    const extra = `[syslog.b]\ntarget = ${down ? await closedPort() : servers[1].url}`;
    const folder = join((await startIdle(t)).folder);
    writeFileSync(join(folder, 'app.log'), lines(0, 50));
    const agent = startAgent(t, { target: servers[0].url, extra, folder, once: { wait: down ? 1_000 : 20_000 } });
    assert.equal(await agent.done, down ? 1 : 0);
    assert.equal(servers[0].messages.length, 50 * (i + 1));
    if (down) assert.equal((await agent.status()).json.destinations[1]?.spool.lines, 50);
  }
  assert.equal(servers[1].messages.length, 50);
});

test('--once gives up on a server that takes every connection and hangs up: what is only sent again is no progress', async (t) => {
  let calls = 0;
  const server = createServer((socket) => {
    calls += 1;
    socket.on('error', () => {}).once('data', () => socket.resetAndDestroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const target = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { folder } = await startIdle(t);
  writeFileSync(join(folder, 'app.log'), lines(0, 50));
  const agent = startAgent(t, { target, folder, once: { wait: 1_500 } });
  assert.equal(await agent.done, 1);
  assert.ok(calls < 20, `it is not run over by connections: ${calls}`);
  assert.ok(agent.said.some((one) => one.startsWith(`The connection to ${target} broke: `)));
  assert.equal((await agent.status()).json.destinations[0]?.spool.lines, 50);
});

/** The folder of an agent that was stopped with so many lines in its spool. */
async function folderWithSpool(t: TestContext, count: number): Promise<string> {
  const away = startAgent(t, { target: await closedPort() });
  writeFileSync(away.file, lines(0, count));
  await until('it is spooled', async () => (await destinationOf(away, 'syslog'))?.spool.lines === count);
  await away.stop();
  return away.folder;
}

test('while drain_rate holds the spool back, the lag of the live file shows, and order stays strict', async (t) => {
  const folder = await folderWithSpool(t, 200);
  const server = await startUdpServer(t);
  const syslog = 'drain_rate = 200 lines';
  const agent = startAgent(t, { target: server.url, syslog, folder });
  appendFileSync(agent.file, lines(200, 50));
  await until('it drains', () => server.messages.length > 0);
  const destination = (await destinationOf(agent, 'syslog'))!;
  const [file] = destination.inputs[0]!.files;
  assert.equal(destination.state, 'draining');
  assert.ok(file!.size! - file!.settled > 0);
  assert.equal(destination.spool.lines, 200);
  await until('all has come', () => server.messages.length >= 250);
  assert.deepEqual(numbers(server.messages), range(0, 250));
});

test('while the spool drains, what is unread of a file that is renamed is read into it at once, behind all that waits there', async (t) => {
  const folder = await folderWithSpool(t, 400);
  const server = await startUdpServer(t);
  const agent = startAgent(t, { target: server.url, syslog: 'drain_rate = 100 lines', folder });
  await until('it drains', () => server.messages.length > 0);
  appendFileSync(agent.file, lines(400, 50));
  renameSync(agent.file, `${agent.file}.1`);
  writeFileSync(agent.file, lines(450, 10));
  const spooled = await until('it is in the spool', async () => {
    const destination = await destinationOf(agent, 'syslog');
    const old = destination?.inputs[0]?.files.find(({ path }) => path.endsWith('.1'));
    return old === undefined || old.behind > 0 ? undefined : destination;
  });
  assert.deepEqual([spooled.state, spooled.inputs[0]!.files.at(-1)!.read], ['draining', 0]);
  await until('all has come', () => server.messages.length >= 460);
  assert.deepEqual(numbers(server.messages), range(0, 460));
});

/** A folder in which an agent ran that had nothing to do. */
async function startIdle(t: TestContext): Promise<StartedAgent> {
  const agent = startAgent(t, { target: 'udp://127.0.0.1:9' });
  await agent.stop();
  return agent;
}
