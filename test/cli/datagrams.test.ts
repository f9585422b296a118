import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Checked } from '../../agent/check.ts';
import { checkDatagrams } from '../../agent/check-datagrams.ts';
import { loadConfig } from '../../agent/sections.ts';
import { MAIN, writeConfig } from '../harness/agent.ts';
import { createNetwork, needsNetwork } from '../harness/network.ts';
import { start } from '../harness/processes.ts';
import { scene } from '../harness/temp.ts';

test('a UDP message that does not fit into a packet of the device on the way is a warning that names device and size', async (t) => {
  const cases = [
    ['udp://192.0.2.1', '', 1500, undefined],
    ['udp://192.0.2.1', 'chunk = 1472', 1500, undefined],
    ['udp://192.0.2.1', 'chunk = 1473', 1500, /chunk = 1473, .* leaves by eth7 and holds 1472 bytes/],
    ['udp://[2001:db8::1]', 'chunk = 1453', 1500, /holds 1452 bytes/],
    ['udp://192.0.2.1', 'chunk = 0', 65_536, undefined],
    ['udp://192.0.2.1', '', 576, /chunk = 1024, .* holds 548 bytes/],
    ['udp://192.0.2.1', 'chunk = 9000', undefined, undefined],
    ['udp://log.example', 'chunk = 9000', 1500, undefined],
    ['tcp://192.0.2.1', 'chunk = 8000', 1500, undefined],
  ] as const;
  const s = scene(t);
  for (const [target, syslog, mtu, words] of cases) {
    const loaded = loadConfig({ file: writeConfig(s, { target, syslog }), env: {}, cwd: s.dir });
    const found = await checkDatagrams(loaded, async () => (mtu === undefined ? undefined : { device: 'eth7', mtu }));
    assert.deepEqual(
      found.map(({ level, code }) => [level, code]),
      words === undefined ? [] : [['warning', 'datagram-fragments']],
      `${target} ${syslog}`,
    );
    if (words !== undefined) assert.match(found[0]!.what, words);
  }
});

for (const [mtu, holds] of [
  [1_280, undefined],
  [600, 572],
] as const) {
  test(
    `check finds the device and its MTU of ${mtu} by the route, and the default chunk ${holds ? 'is too large' : 'fits'}`,
    needsNetwork(),
    async (t) => {
      const s = scene(t);
      const network = createNetwork(s);
      network.limit(mtu);
      const conf = writeConfig(s, { target: `udp://${network.address}` });
      const run = start(s, ...network.at('agent', process.execPath, [MAIN, 'check', '-c', conf, '--json']));
      await run.exited;
      const { findings } = JSON.parse(run.stdout()) as Checked;
      const found = findings.filter(({ code }) => code === 'datagram-fragments').map(({ what }) => what);
      assert.equal(found.length, holds === undefined ? 0 : 1, run.stdout());
      if (holds) assert.ok(found[0]?.includes(`leaves by cable and holds ${holds} bytes`), run.stdout());
    },
  );
}
