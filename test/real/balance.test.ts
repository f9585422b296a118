import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { allSettled, leftBehind, startAgent, status, stopped, writeConfig } from '../harness/agent.ts';
import { assertSameLines, received } from '../harness/records.ts';
import { startRsyslogd } from '../harness/rsyslogd.ts';
import { needsParts } from '../harness/system.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { startWriter } from '../harness/writer.ts';

/** What may come twice, in bytes: the window, which one batch may overdraw. */
const WINDOW = 4 * 2 ** 20;
const BATCH = 2 ** 20;

describe('round-robin', { concurrency: 2 }, () => {
  for (const scheme of ['tcp', 'relp'] as const) {
    test(
      `two rsyslogds share a stream over ${scheme}; one is killed and started again in the middle: nothing is lost, and the other took over`,
      needsParts('rsyslog', 'rsyslog-relp'),
      async (t) => {
        const s = scene(t);
        const [one, two] = [
          await startRsyslogd(s, { relp: scheme === 'relp' }),
          await startRsyslogd(s, { relp: scheme === 'relp' }),
        ];
        const conf = writeConfig(s, {
          target: [one, two].map(({ port }) => `${scheme}://127.0.0.1:${port}`).join(', '),
          syslog: 'json = all\nbalance = round-robin\nlinger = 500ms\nwindow = 4MiB',
        });
        const agent = startAgent(s, conf);
        const writer = startWriter(s.at('app.log'), { perTick: 10 });
        s.atEnd(writer.stop);
        const more = (server: typeof one) => {
          const due = server.lines().length + 500;
          return until('the server gets its share', () => server.lines().length >= due, { told: agent.stderr });
        };
        const states = async () =>
          (await status(s, conf))?.destinations[0]?.link.servers.map(({ state }) => state).join();
        await more(one);
        await more(two);
        await one.kill();
        await more(two);
        await until('the status tells which is away', async () => (await states()) === 'down,up', {
          told: agent.stderr,
        });
        await one.start();
        await more(one);
        assert.equal(await states(), 'up,up');
        writer.stop();
        await allSettled(s, conf, agent);
        assert.equal(await stopped(agent), 0, agent.stderr());
        await Promise.all([one.stop(), two.stop()]);

        const all = [...one.lines(), ...two.lines()].map(received);
        const whole = new Map(all.map((record) => [record.at, record.line]));
        assertSameLines(
          [...whole.keys()].sort((a, b) => a - b).map((at) => whole.get(at)!),
          writer.lines,
        );
        t.diagnostic(`${writer.lines.length} lines, ${all.length - whole.size} came twice`);
        const bytes = (records: readonly { readonly len: number }[]) => records.reduce((sum, { len }) => sum + len, 0);
        const twice = bytes(all) - bytes([...new Map(all.map((record) => [record.at, record])).values()]);
        assert.ok(twice <= WINDOW + BATCH, `${twice} bytes came twice`);
        assert.equal((await leftBehind(s, conf)).destinations[0]?.spool.rows, 0);
      },
    );
  }
});
