import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { startAgent, stopped, writeConfig } from '../harness/agent.ts';
import { logrotate } from '../harness/logrotate.ts';
import { assertSameLines, received } from '../harness/records.ts';
import { startRsyslogd } from '../harness/rsyslogd.ts';
import { needsParts } from '../harness/system.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { startWriter } from '../harness/writer.ts';

const LINES = 20_000;
const ROTATIONS = 5;

for (const framing of ['newline', 'octet-counting']) {
  test(
    `20,000 lines through five rotations by logrotate are in rsyslogd's file once each and in order, over TCP with ${framing}`,
    needsParts('rsyslog', 'logrotate'),
    async (t) => {
      const s = scene(t);
      const server = await startRsyslogd(s);
      const conf = writeConfig(s, {
        target: `tcp://127.0.0.1:${server.port}`,
        syslog: `json = all\nframing = ${framing}`,
      });
      const agent = startAgent(s, conf);
      const writer = startWriter(s.at('app.log'), { perTick: 8, total: LINES });
      s.atEnd(writer.stop);
      // What was rotated before the agent saw the file for the first time is not its business.
      await until('the agent has the file', () => server.lines().length > 0, { told: agent.stderr });
      for (let rotation = 1; rotation <= ROTATIONS; rotation++) {
        const due = (LINES / (ROTATIONS + 1)) * rotation;
        await until(`${due} lines are written`, () => writer.lines.length >= due, { told: agent.stderr });
        await logrotate(s, s.at('app.log'), ['create']);
      }
      await until('rsyslogd has as many lines as were written', () => server.lines().length >= LINES, {
        told: () => `${server.lines().length} of ${writer.lines.length}\n${agent.stderr()}`,
      });
      assert.equal(await stopped(agent), 0, agent.stderr());
      await server.stop();

      const files = fs.readdirSync(s.dir).filter((name) => name.startsWith('app.log'));
      assert.equal(files.length, ROTATIONS + 1);
      const inOrder = [...files.filter((name) => name !== 'app.log').sort(), 'app.log'];
      const written = inOrder.map((name) => fs.readFileSync(s.at(name), 'utf8')).join('');
      assertSameLines(
        server.lines().map((message) => received(message).line),
        written.split('\n').slice(0, -1),
      );
    },
  );
}
