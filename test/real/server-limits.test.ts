import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { startAgent, stopped, writeConfig } from '../harness/agent.ts';
import { received } from '../harness/records.ts';
import { startRsyslogd } from '../harness/rsyslogd.ts';
import { needsParts } from '../harness/system.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';

const HEAD = 'Jul 15 11:30:35 host app: [12][INFO] [T1] ';
/** Lines around the limit of 8,096 bytes and far above it, some of characters of three and four bytes, and some of escapes. */
const LINES = [7_900, 7_950, 8_000, 8_050, 8_096, 8_200, 17_000, 60_000].flatMap((size) =>
  ['x', '订', '😀', '"', '\\', '\t'].map((one) => `${HEAD}${one.repeat(Math.floor(size / Buffer.byteLength(one)))}.`),
);

for (const [name, scheme, framing] of [
  ['over TCP with newline framing', 'tcp', 'newline'],
  ['over TCP with octet counting', 'tcp', 'octet-counting'],
  ['over RELP', 'relp', 'newline'],
] as const) {
  test(
    `an rsyslogd with its default limits truncates and forges nothing ${name} with the defaults of tailship`,
    needsParts('rsyslog', 'rsyslog-relp'),
    async (t) => {
      const s = scene(t);
      const server = await startRsyslogd(s, { relp: scheme === 'relp', limits: 'default' });
      fs.writeFileSync(s.at('app.log'), `${[...LINES, `${HEAD}the last one`].join('\n')}\n`);
      const conf = writeConfig(s, {
        target: `${scheme}://127.0.0.1:${server.port}`,
        syslog: `json = all\nframing = ${framing}`,
      });
      const agent = startAgent(s, conf);
      await until('the last one has come', () => server.lines().at(-1)?.includes('the last one'), {
        told: agent.stderr,
      });
      assert.equal(await stopped(agent), 0, agent.stderr());
      await server.stop();
      // `received` refuses what is not a whole message with a whole JSON object: a message that was cut, or forged of a rest.
      const whole = new Map<number, string>();
      for (const { at, line } of server.lines().map(received)) {
        const before = whole.get(at);
        whole.set(at, before === undefined ? line : before + line.slice(HEAD.length));
      }
      assert.equal(whole.size, LINES.length + 1);
      assert.ok(server.lines().length > whole.size, 'long ones came in parts');
      assert.deepEqual([...whole.values()].slice(0, -1), LINES);
    },
  );
}
