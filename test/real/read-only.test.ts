/**
 * A disk that turns read-only under the agent, as the kernel does it to a file system in which it finds an error: every write to a
 * file that is open fails with EROFS from then on. A remount by hand is refused while files are open for writing, so the kernel's
 * answer is played by strace.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, test } from 'node:test';
import { allSettled, leftBehind, startAgent, startReceiver, status, stopped, writeConfig } from '../harness/agent.ts';
import { freePort, type Running, start } from '../harness/processes.ts';
import { assertSameLines, once } from '../harness/records.ts';
import { needsParts } from '../harness/system.ts';
import { type Scene, scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { startWriter } from '../harness/writer.ts';

const WRITES = 'pwrite64,ftruncate,fsync,fdatasync';

/** From now on the agent's files are read-only. Gives what makes them writable again. */
async function turnReadOnly(s: Scene, agent: Running): Promise<() => Promise<void>> {
  const args = [
    '-p',
    String(agent.pid),
    '-e',
    `trace=${WRITES}`,
    '-e',
    `inject=${WRITES}:error=EROFS`,
    '-o',
    '/dev/null',
  ];
  const tracer = start(s, 'strace', args);
  const traced = () => !/^TracerPid:\s+0$/m.test(fs.readFileSync(`/proc/${agent.pid}/status`, 'utf8'));
  await until('the agent is traced', traced, { told: tracer.stderr });
  return async () => {
    tracer.signal('SIGINT');
    await tracer.exited;
  };
}

describe('a read-only disk', { concurrency: 2 }, () => {
  for (const away of [false, true]) {
    test(
      `a disk that turns read-only with the server ${away ? 'away' : 'there'}: the agent goes on, says why, and recovers by itself; nothing is lost`,
      needsParts('strace'),
      async (t) => {
        const s = scene(t);
        const port = await freePort();
        let server = await startReceiver(s, 'relp', { port });
        const health = '[status]\nhealth_after = 5s';
        const conf = writeConfig(s, { target: `relp://127.0.0.1:${port}`, syslog: 'json = all', more: health });
        const agent = startAgent(s, conf);
        const writer = startWriter(s.at('app.log'), { perTick: 1 });
        s.atEnd(writer.stop);
        await until('lines arrive', () => server.lines().length > 200, { told: agent.stderr });
        const before = away ? [...(await ended(server))] : [];

        const makeWritable = await turnReadOnly(s, agent);
        await until(
          'health says why',
          async () => {
            const { state, reasons } = (await status(s, conf))?.health ?? {};
            return (
              state !== 'healthy' && reasons?.some((reason) => reason.includes('spool.db: the disk gave an error'))
            );
          },
          { told: agent.stderr },
        );
        await makeWritable();

        if (away) server = await startReceiver(s, 'relp', { port });
        writer.stop();
        await allSettled(s, conf, agent);
        await until('health is good', async () => (await status(s, conf))?.health.state === 'healthy');
        assert.equal(await stopped(agent), 0, agent.stderr());
        const { lines, repeated } = once([...before, ...(await ended(server))]);
        assertSameLines(lines, writer.lines);
        t.diagnostic(`${lines.length} lines, ${repeated.count} came twice`);
        assert.deepEqual((await leftBehind(s, conf)).lost, []);
      },
    );
  }
});

async function ended(server: Awaited<ReturnType<typeof startReceiver>>): Promise<readonly string[]> {
  await server.verdict();
  return server.lines();
}
