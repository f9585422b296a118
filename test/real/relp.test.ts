import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leftBehind, startAgent, status, stopped, writeConfig } from '../harness/agent.ts';
import { assertSameLines, once } from '../harness/records.ts';
import { startRsyslogd } from '../harness/rsyslogd.ts';
import { needsParts } from '../harness/system.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { startWriter } from '../harness/writer.ts';

test(
  "over RELP to rsyslog's imrelp, which is stopped, started, and killed with -9 under a stream, nothing is lost and little repeated",
  needsParts('rsyslog', 'rsyslog-relp'),
  async (t) => {
    const s = scene(t);
    const server = await startRsyslogd(s, { relp: true });
    const conf = writeConfig(s, { target: `relp://127.0.0.1:${server.port}`, syslog: 'json = all' });
    const agent = startAgent(s, conf);
    const writer = startWriter(s.at('app.log'), { perTick: 20 });
    s.atEnd(writer.stop);
    const arrive = (count: number) => {
      const due = server.lines().length + count;
      return until(`${count} more records have arrived`, () => server.lines().length >= due, { told: agent.stderr });
    };
    await arrive(1_000);
    await server.stop();
    await server.start();
    await arrive(1_000);
    for (let i = 0; i < 3; i += 1) {
      await server.kill();
      await server.start();
      await arrive(1_000);
    }
    writer.stop();
    await until('all is settled', async () => {
      const destination = (await status(s, conf))?.destinations[0];
      const files = destination?.inputs[0]?.files ?? [];
      return destination?.spool.rows === 0 && files.every((file) => file.settled === file.size);
    });
    assert.equal(await stopped(agent), 0, agent.stderr());
    await server.stop();
    const { lines, repeated } = once(server.lines());
    assertSameLines(lines, writer.lines);
    t.diagnostic(`${repeated.count} of ${lines.length} records came twice`);
    const after = await leftBehind(s, conf);
    assert.equal(after.destinations[0]?.spool.rows, 0);
    assert.deepEqual(after.lost, []);
  },
);
