/** A network that swallows what is sent and tells nobody. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { allSettled, leftBehind, MAIN, status, stopped, writeConfig } from '../harness/agent.ts';
import { certificates, writeCertificate } from '../harness/certificates.ts';
import { growingLines } from '../harness/growing.ts';
import { createNetwork, type Network, needsNetwork } from '../harness/network.ts';
import { type Running, start } from '../harness/processes.ts';
import { assertSameLines, once } from '../harness/records.ts';
import { type Scene, scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { startWriter } from '../harness/writer.ts';

const PORT = 6514;
/** What may be sent and not settled, in bytes: the window, which one batch may overdraw. */
const WINDOW = 256 * 1024;
const BATCH = 1024 * 1024;
const SCHEMES = ['tcp', 'tls', 'relp'] as const;

/** A receiver at one end of a network, an agent at the other, and an application that writes. */
async function startStream(s: Scene, network: Network, scheme: (typeof SCHEMES)[number]) {
  const out = s.at('out.log');
  const run = (end: 'agent' | 'server', args: readonly string[]): Running =>
    start(s, ...network.at(end, process.execPath, [MAIN, ...args]));
  const { cert, key } = writeCertificate(s.dir, 'server', certificates().server);
  const secured = scheme === 'tls' ? ['--cert', cert, '--key', key] : [];
  const url = `${scheme}://${network.address}:${PORT}`;
  const server = run('server', ['receive', '--listen', url, '--out', out, '--verify', ...secured]);
  await until('the receiver listens', () => server.stderr().includes(String(PORT)), { told: server.stderr });
  const syslog = `json = all\nwindow = 256KiB\nlinger = 200ms\ntimeout = 2s${scheme === 'tls' ? '\ntls_verify = off' : ''}`;
  const conf = writeConfig(s, { target: url, syslog });
  const agent = run('agent', ['run', '-c', conf]);
  const writer = startWriter(s.at('app.log'), { perTick: 3 });
  s.atEnd(writer.stop);
  const lines = growingLines(out);
  return {
    agent,
    told: { told: () => agent.stderr() + server.stderr() },
    more(count: number) {
      const due = lines().length + count;
      return until(`the server gets ${count} records more`, () => lines().length >= due, { told: agent.stderr });
    },
    destination: async () => (await status(s, conf))?.destinations[0],
    /** Writes no more, and proves that all has arrived, and how much of it twice. */
    async assertComplete(t: TestContext, breaks: number) {
      writer.stop();
      await allSettled(s, conf, agent);
      assert.equal(await stopped(agent), 0, agent.stderr());
      server.signal('SIGTERM');
      assert.equal((await server.exited).code, 0, server.stderr());
      const { lines: arrived, repeated } = once(lines());
      assertSameLines(arrived, writer.lines);
      t.diagnostic(`${arrived.length} lines, ${repeated.count} came twice`);
      assert.ok(repeated.bytes <= breaks * (WINDOW + BATCH), `${repeated.bytes} bytes came twice`);
      const after = await leftBehind(s, conf);
      assert.deepEqual([after.destinations[0]?.spool.rows, after.lost], [0, []]);
    },
  };
}

describe('a black hole', { concurrency: 3 }, () => {
  for (const scheme of SCHEMES) {
    test(
      `over ${scheme} a cable that is pulled under a stream is noticed after timeout, all is spooled, and once it is back nothing is missing`,
      needsNetwork(),
      async (t) => {
        const s = scene(t);
        const network = createNetwork(s);
        const { more, destination, assertComplete, agent, told } = await startStream(s, network, scheme);
        await more(300);
        network.pull();
        await until('the outage is noticed', () => agent.stderr().includes('nothing was acknowledged for 2s'), told);
        await until('what comes is spooled', async () => ((await destination())?.spool.lines ?? 0) > 2_000, told);
        network.plug();
        await more(300);
        await assertComplete(t, 2);
      },
    );
  }

  for (const scheme of SCHEMES) {
    test(
      `over ${scheme} a network that delays, loses and doubles packets loses no line`,
      needsNetwork(true),
      async (t) => {
        const s = scene(t);
        const network = createNetwork(s);
        network.impair('delay 20ms 10ms loss 3% duplicate 1%');
        const { more, assertComplete } = await startStream(s, network, scheme);
        await more(3_000);
        await assertComplete(t, 2);
      },
    );
  }
});
