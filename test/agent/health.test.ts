/** The health that /readyz tells of a real agent: red when and only when data waits and nothing moves. */
import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { realClock } from '../../agent/ops/clock.ts';
import type { Clock } from '../../agent/types.ts';
import { until } from '../harness/wait.ts';
import { type StartedAgent, startAgent } from './in-process.ts';

const line = (n: number) => `Jul 15 11:30:35 host app: [12][INFO] number ${n} ${'x'.repeat(400)}.\n`;
const lines = (from: number, count: number) => Array.from({ length: count }, (_, i) => line(from + i)).join('');

/** A clock that runs twenty times as fast, so that `health_after` is over soon. */
const FAST: Clock = {
  now: realClock.now,
  ticks: () => realClock.ticks() * 20,
  after: (ms, run) => realClock.after(ms / 20, run),
};

async function pageOf(agent: StartedAgent): Promise<string> {
  const find = () => agent.said.map((one) => /are at (http:\S+)$/.exec(one)?.[1]).find((url) => url !== undefined);
  await until('the page is there', () => find() !== undefined);
  return find()!;
}

async function ready(page: string): Promise<{ code: number; text: string }> {
  const answer = await fetch(`${page}readyz`);
  return { code: answer.status, text: await answer.text() };
}

/** A TCP server that can go away and come back on its port. */
async function startServer(t: TestContext) {
  let server: Server | undefined;
  const sockets = new Set<Socket>();
  let port = 0;
  let received = 0;
  const up = async () => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('data', (data) => (received += data.toString('latin1').match(/number \d+ /g)?.length ?? 0));
      socket.on('end', () => socket.end());
    });
    await new Promise<void>((resolve) => server!.listen(port, '127.0.0.1', resolve));
    port = (server.address() as { port: number }).port;
  };
  const down = async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
  };
  t.after(down);
  await up();
  return { up, down, url: `tcp://127.0.0.1:${port}`, received: () => received };
}

test('readyz is red while a full spool and a dead server let nothing move, degraded while the spool has room, and green again', async (t) => {
  const server = await startServer(t);
  const extra = 'max_size = 512KiB\nfull = block\n[status]\nlisten = 127.0.0.1:0\nhealth_after = 10s';
  const agent = startAgent(t, { target: server.url, syslog: 'linger = 50ms', extra, clock: FAST });
  const page = await pageOf(agent);
  writeFileSync(agent.file, lines(0, 10));
  await until('the first lines are there', () => server.received() === 10);
  await until('healthy', async () => (await ready(page)).text === 'healthy\n');

  await server.down();
  appendFileSync(agent.file, lines(10, 10));
  await until('degraded, for the spool has room', async () => (await ready(page)).text.startsWith('degraded\n'));
  assert.equal((await ready(page)).code, 200);
  assert.match(
    (await ready(page)).text,
    /^syslog: tcp:\/\/127\.0\.0\.1:\d+ is away for .*; the spool takes what comes\.$/m,
  );

  appendFileSync(agent.file, lines(20, 3_000));
  // On a machine that has much to do it may be red before, while what was read is not spooled yet.
  const full =
    /^unhealthy\nsyslog: .* wait in the files, and nothing was settled for .*, and the spool takes no more\.$/m;
  await until('unhealthy, for nothing moves', async () => {
    const { code, text } = await ready(page);
    return code === 503 && full.test(text);
  });
  // Between two questions a last row may have found room.
  await until('the metrics say so too', async () => {
    const metrics = await (await fetch(`${page}metrics`)).text();
    return /^tailship_health\{state="unhealthy"\} 1$/m.test(metrics);
  });

  await server.up();
  await until('all is there', () => server.received() >= 3_020);
  await until('healthy again', async () => (await ready(page)).text === 'healthy\n');
});
