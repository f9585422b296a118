import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allSettled, leftBehind, startAgent, stopped, writeConfig } from '../harness/agent.ts';
import { certificates, writeCertificate } from '../harness/certificates.ts';
import { assertSameLines, once } from '../harness/records.ts';
import { startRsyslogd } from '../harness/rsyslogd.ts';
import { needsParts } from '../harness/system.ts';
import { type Scene, scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { startWriter } from '../harness/writer.ts';

/** RELP over TLS, with a server that takes everybody, and one that takes this agent alone, by the name in its certificate. */
const secured = (driver: 'gtls' | 'ossl', asks: boolean) => (s: Scene) => {
  const { authority, server, client } = certificates();
  const { cert: ca } = writeCertificate(s.dir, 'authority', authority);
  const mine = writeCertificate(s.dir, 'client', client);
  const tls = { driver, ca, ...writeCertificate(s.dir, 'server', server), asks };
  const known = asks ? `\ntls_cert = ${mine.cert}\ntls_key = ${mine.key}` : '';
  return { settings: { tls }, target: 'relps://localhost', own: `tls_ca = ${ca}${known}` };
};
const WAYS = {
  RELP: () => ({ settings: {}, target: 'relp://127.0.0.1', own: '' }),
  'RELP with TLS by OpenSSL': secured('ossl', false),
  'RELP with TLS by OpenSSL, known by name': secured('ossl', true),
  'RELP with TLS by GnuTLS, known by name': secured('gtls', true),
};

for (const [over, how] of Object.entries(WAYS)) {
  test(
    `over ${over} to rsyslog's imrelp, which is stopped, started, and killed with -9 under a stream, nothing is lost`,
    needsParts('rsyslog', 'rsyslog-relp'),
    async (t) => {
      const s = scene(t);
      const { settings, target, own } = how(s);
      const server = await startRsyslogd(s, { relp: true, ...settings });
      const conf = writeConfig(s, { target: `${target}:${server.port}`, syslog: `json = all\n${own}` });
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
      await allSettled(s, conf, agent);
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
}
