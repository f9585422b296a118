import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  allSettled,
  type Receiver,
  startAgent,
  startReceiver,
  status,
  stopped,
  writeConfig,
} from '../harness/agent.ts';
import { certificates, writeCertificate } from '../harness/certificates.ts';
import { logrotate } from '../harness/logrotate.ts';
import { freePort, type Running } from '../harness/processes.ts';
import { assertSameLines, once, received } from '../harness/records.ts';
import { driverPackage, type Rsyslogd, startRsyslogd } from '../harness/rsyslogd.ts';
import { needsParts } from '../harness/system.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { startWriter, type Writer } from '../harness/writer.ts';

/** Waits until the last line that was written is the last that came. */
function lastLine(server: Receiver, writer: Writer, agent: Running): Promise<unknown> {
  const last = `message ${writer.lines.length - 1} `;
  return until('the server has the last line', () => server.lines().at(-1)?.includes(last), {
    told: () => `${last} is not in ${server.lines().at(-1)}\n${agent.stderr()}`,
  });
}

/** TAILSHIP_KILLS = 1000 makes a soak of it. */
const KILLS = Number(process.env.TAILSHIP_KILLS ?? 50);
/** What may be sent and not settled, in bytes: the window, which one batch may overdraw. */
const WINDOW = 256 * 1024;
const BATCH = 256 * 1024;

test(
  `kill -9 of the agent at ${KILLS} random moments loses nothing; what comes twice is bounded and recognised`,
  needsParts('logrotate'),
  async (t) => {
    const s = scene(t);
    const server = await startReceiver(s, 'tcp');
    const conf = writeConfig(s, {
      target: `tcp://127.0.0.1:${server.port}`,
      syslog: 'json = all\nwindow = 256KiB\nlinger = 100ms',
    });
    const writer = startWriter(s.at('app.log'), { perTick: 3 });
    s.atEnd(writer.stop);
    const moments: number[] = [];
    for (let kill = 1; kill <= KILLS; kill++) {
      const before = server.lines().length;
      const agent = startAgent(s, conf);
      // Some die while they start, most after they have sent something.
      if (kill % 5 !== 0)
        await until('the server has more', () => server.lines().length > before, { told: agent.stderr });
      moments.push(Math.floor(Math.random() * 500));
      await sleep(moments.at(-1));
      agent.signal('SIGKILL');
      await agent.exited;
      if (kill === 4 || kill === 8) await logrotate(s, s.at('app.log'), ['create']);
    }
    writer.stop();
    t.diagnostic(`killed after ${moments.join(', ')} ms; ${writer.lines.length} lines`);

    const last = startAgent(s, conf);
    await lastLine(server, writer, last);
    assert.equal(await stopped(last), 0, last.stderr());
    const { code, text } = await server.verdict();

    const { lines, repeated } = once(server.lines());
    assertSameLines(lines, writer.lines);
    t.diagnostic(`${repeated.count} records came twice, ${repeated.bytes} bytes`);
    assert.ok(repeated.bytes <= KILLS * (WINDOW + BATCH), `${repeated.bytes} bytes came twice`);
    assert.equal(code, 0, text);
    assert.match(
      text,
      new RegExp(
        `^Complete: ${lines.length + repeated.count} records, ${repeated.count} repeats?, nothing is missing`,
        'm',
      ),
    );
  },
);

test('kill -9 of the agent at five random moments of an outage: every line is in the spool once, and comes once', async (t) => {
  const s = scene(t);
  const port = await freePort();
  const conf = writeConfig(s, { target: `tcp://127.0.0.1:${port}`, syslog: 'json = all' });
  const writer = startWriter(s.at('app.log'), { perTick: 16 });
  s.atEnd(writer.stop);
  const spooled = async () => (await status(s, conf))?.destinations[0]?.spool.lines ?? 0;
  for (let kill = 1; kill <= 5; kill++) {
    const agent = startAgent(s, conf);
    await until('there are lines in the spool', async () => (await spooled()) > 0, { told: agent.stderr });
    await sleep(Math.floor(Math.random() * 500));
    agent.signal('SIGKILL');
    await agent.exited;
  }
  writer.stop();
  const reader = startAgent(s, conf);
  await until('all lines are in the spool', async () => (await spooled()) >= writer.lines.length, {
    told: reader.stderr,
  });
  assert.equal(await stopped(reader), 0, reader.stderr());
  const server = await startReceiver(s, 'tcp', { port });
  const sender = startAgent(s, conf);
  await lastLine(server, writer, sender);
  assert.equal(await stopped(sender), 0, sender.stderr());
  assert.equal((await server.verdict()).code, 0);
  const { lines, repeated } = once(server.lines());
  assertSameLines(lines, writer.lines);
  assert.equal(repeated.count, 0);
});

/** Of these one is drawn at each kill. */
const VICTIMS = ['agent', 'server', 'both'] as const;

describe('kills of both', { concurrency: 4 }, () => {
  for (const scheme of ['tcp', 'tls', 'relp', 'relps'] as const) {
    test(
      `kill -9 of the agent, of rsyslogd or of both over ${scheme}, ${KILLS / 5} times at random moments, loses nothing`,
      needsParts('rsyslog', 'rsyslog-relp', driverPackage('ossl')),
      async (t) => {
        const s = scene(t);
        const { authority, server: certified } = certificates();
        const { cert: ca } = writeCertificate(s.dir, 'authority', authority);
        const files = writeCertificate(s.dir, 'server', certified);
        const secure = scheme === 'tls' || scheme === 'relps';
        const server = await startRsyslogd(s, {
          relp: scheme.startsWith('relp'),
          ...(secure && { tls: { driver: 'ossl', ca, ...files } }),
        });
        // With newline framing rsyslogd takes the beginning of a record, at the end of a connection, for a message.
        const syslog = `json = all\nframing = octet-counting${secure ? `\ntls_ca = ${ca}` : ''}`;
        const conf = writeConfig(s, { target: `${scheme}://localhost:${server.port}`, syslog });
        const writer = startWriter(s.at('app.log'), { perTick: 2 });
        s.atEnd(writer.stop);
        let agent = startAgent(s, conf);
        const fates: string[] = [];
        for (let kill = 1; kill <= KILLS / 5; kill++) {
          const before = server.lines().length;
          await until('the server has more', () => server.lines().length > before, { told: agent.stderr });
          const victim = VICTIMS[Math.floor(Math.random() * VICTIMS.length)]!;
          // About every second agent lives for longer than linger; else nothing would settle over TCP.
          const moment = Math.floor(Math.random() * (scheme === 'tcp' || scheme === 'tls' ? 4_000 : 500));
          await sleep(moment);
          fates.push(`${victim} after ${moment} ms`);
          const agentDies = victim !== 'server';
          if (agentDies) agent.signal('SIGKILL');
          if (victim !== 'agent') await server.kill();
          if (agentDies) await agent.exited;
          if (victim !== 'agent') await server.start();
          if (agentDies) agent = startAgent(s, conf);
        }
        writer.stop();
        t.diagnostic(`killed: ${fates.join(', ')}`);
        await allSettled(s, conf, agent);
        assert.equal(await stopped(agent), 0, agent.stderr());
        await server.stop();
        assertWhole(server, writer);
      },
    );
  }
});

/** Every line is there. A server that dies may have read what it did not write, so what comes again may come behind later lines. */
function assertWhole(server: Rsyslogd, writer: Writer): void {
  const records = new Map(
    server
      .lines()
      .map(received)
      .map((record) => [record.at, record.line]),
  );
  assertSameLines(
    [...records.keys()].sort((a, b) => a - b).map((at) => records.get(at)!),
    writer.lines,
  );
}
