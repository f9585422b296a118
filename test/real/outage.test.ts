import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { leftBehind, startAgent, status, stopped, writeConfig } from '../harness/agent.ts';
import { logrotate } from '../harness/logrotate.ts';
import { assertSameLines, once } from '../harness/records.ts';
import { startRsyslogd } from '../harness/rsyslogd.ts';
import { needsParts } from '../harness/system.ts';
import { type Scene, scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { startWriter } from '../harness/writer.ts';

/** How long the server stays away at least: `OUTAGE_SECONDS=20 scripts/test test/real/outage.test.ts`. */
const AWAY = Number(process.env.OUTAGE_SECONDS ?? 0) * 1000;

function spoolSize(s: Scene): number {
  return ['spool.db', 'spool.db-wal'].reduce(
    (sum, name) => sum + (fs.statSync(s.at(name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

test(
  'with the server away, the log rotated, the rotated file deleted and the agent restarted, nothing is lost and order is kept',
  needsParts('rsyslog', 'logrotate'),
  async (t) => {
    const s = scene(t);
    const server = await startRsyslogd(s);
    const conf = writeConfig(s, { target: `tcp://127.0.0.1:${server.port}`, syslog: 'json = all' });
    let agent = startAgent(s, conf);
    const writer = startWriter(s.at('app.log'), { perTick: 4 });
    s.atEnd(writer.stop);
    const linesMore = (count: number) => {
      const due = writer.lines.length + count;
      return until(`${count} more lines are written`, () => writer.lines.length >= due, { told: agent.stderr });
    };
    await until('the server has the first lines', () => server.lines().length > 500, { told: agent.stderr });

    await server.stop();
    const away = performance.now();
    await linesMore(2_000);
    await logrotate(s, s.at('app.log'), ['create']);
    await linesMore(500);
    const rotated = fs.readdirSync(s.dir).find((name) => name.startsWith('app.log-')) ?? '';
    await until('the rotated file is in the spool to its end', async () => {
      const files = (await status(s, conf))?.destinations[0]?.inputs[0]?.files ?? [];
      return files.length === 1 || files.some((file) => file.path.endsWith(rotated) && file.settled === file.size);
    });
    fs.rmSync(s.at(rotated));
    await linesMore(500);
    assert.equal(await stopped(agent), 0, agent.stderr());
    await linesMore(500);
    agent = startAgent(s, conf);
    await linesMore(2_000);
    await until('the server has been away for long enough', () => performance.now() - away > AWAY, {
      patience: AWAY + 10_000,
    });
    const largest = spoolSize(s);

    await server.start();
    await linesMore(500);
    await until('the spool is empty', async () => (await status(s, conf))?.destinations[0]?.spool.rows === 0, {
      told: agent.stderr,
    });
    await linesMore(500);
    writer.stop();
    await until(
      'the server has the last line',
      () =>
        server
          .lines()
          .at(-1)
          ?.includes(`message ${writer.lines.length - 1} `),
      {
        told: () => `the last of ${writer.lines.length} is ${server.lines().at(-1)}
${agent.stderr()}`,
      },
    );
    assert.equal(await stopped(agent), 0, agent.stderr());
    await server.stop();

    const { lines } = once(server.lines());
    assertSameLines(lines, writer.lines);
    const after = await leftBehind(s, conf);
    assert.equal(after.destinations[0]?.spool.rows, 0);
    assert.deepEqual(after.lost, []);
    assert.ok(spoolSize(s) < largest / 4, `the spool's file had ${largest} bytes and still has ${spoolSize(s)}`);
  },
);
