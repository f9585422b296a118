/** A real rsyslogd that speaks TLS, with each of its two drivers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAIN, startAgent, stopped, writeConfig } from '../harness/agent.ts';
import { certificate, certificates, writeCertificate } from '../harness/certificates.ts';
import { start } from '../harness/processes.ts';
import { assertSameLines, once } from '../harness/records.ts';
import { driverPackage, startRsyslogd } from '../harness/rsyslogd.ts';
import { needsParts } from '../harness/system.ts';
import { type Scene, scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { startWriter } from '../harness/writer.ts';

function writeAll(s: Scene) {
  const { authority, server, client } = certificates();
  const { cert: ca } = writeCertificate(s.dir, 'authority', authority);
  return { ca, ...writeCertificate(s.dir, 'server', server), client: writeCertificate(s.dir, 'client', client) };
}

/** With newline framing rsyslogd takes what it has of a message when its connection ends for a message; the whole one comes later. */
function wholeOnes(messages: readonly string[], framing: string): readonly string[] {
  const whole = messages.filter((message) => message.endsWith('}'));
  for (const cut of messages.filter((message) => !message.endsWith('}'))) {
    assert.equal(framing, 'newline');
    assert.ok(
      whole.some((message) => message.startsWith(cut)),
      `no whole message begins with ${cut}`,
    );
  }
  return whole;
}

/** Where rsyslogd complains, with either driver, that a TLS connection which stood ended without close_notify. */
function cutOff(said: readonly string[]): string[] {
  const complaint = /error -110 in nsd_gtls|record reception failed|unexpected eof/;
  // A TCP connection that is let go before TLS, by who only asks whether the port is open, is none.
  return said.filter((line, i) => complaint.test(line) && !/handshake/i.test(said[i - 1] ?? ''));
}

for (const driver of ['gtls', 'ossl'] as const) {
  for (const framing of ['newline', 'octet-counting']) {
    test(
      `rsyslog with ${driver}, ${framing}: stopped in order and killed under a stream, nothing is lost`,
      needsParts('rsyslog', driverPackage(driver)),
      async (t) => {
        const s = scene(t);
        const { ca, cert, key, client } = writeAll(s);
        const server = await startRsyslogd(s, { tls: { driver, ca, cert, key, asks: true } });
        const own = `tls_ca = ${ca}\ntls_cert = ${client.cert}\ntls_key = ${client.key}`;
        const syslog = `json = all\nframing = ${framing}\n${own}`;
        const conf = writeConfig(s, { target: `tls://localhost:${server.port}`, syslog });
        const agent = startAgent(s, conf);
        const writer = startWriter(s.at('app.log'), { perTick: 4 });
        s.atEnd(writer.stop);
        for (const end of [server.stop, server.kill]) {
          const due = server.lines().length + 500;
          await until('the server has more lines', () => server.lines().length > due, { told: agent.stderr });
          await end();
          await server.start();
        }
        writer.stop();
        const last = `message ${writer.lines.length - 1} `;
        await until('the server has the last line', () => server.lines().at(-1)?.includes(last), {
          told: agent.stderr,
        });
        assert.equal(await stopped(agent), 0, agent.stderr());
        await server.stop();
        assertSameLines(once(wholeOnes(server.lines(), framing)).lines, writer.lines);
      },
    );
  }

  for (const scheme of ['tls', 'relps'] as const) {
    test(
      `rsyslog with ${driver}: ${scheme} with nothing under way, stopped in order or looked at by check, is terminated properly`,
      needsParts('rsyslog', 'rsyslog-relp', driverPackage(driver)),
      async (t) => {
        const s = scene(t);
        const { ca, cert, key, client } = writeAll(s);
        const server = await startRsyslogd(s, {
          ...{ relp: scheme === 'relps', tls: { driver, ca, cert, key, asks: true } },
          actions: 'global(processInternalMessages="on")\n',
        });
        const own = `tls_ca = ${ca}\ntls_cert = ${client.cert}\ntls_key = ${client.key}`;
        const conf = writeConfig(s, { target: `${scheme}://localhost:${server.port}`, syslog: own });
        const agent = startAgent(s, conf);
        await until('it is connected', () => agent.stderr().includes('Records go to'), { told: agent.stderr });
        assert.equal(await stopped(agent), 0, agent.stderr());
        const check = start(s, process.execPath, [MAIN, 'check', '-c', conf, '--connect']);
        await check.exited;
        assert.match(check.stdout(), /TLSv1\.[23]/);
        await server.stop();
        assert.deepEqual(cutOff(server.lines()), []);
        assert.ok(server.lines().length > 1, 'rsyslogd says what it has to say');
      },
    );
  }

  test(
    `rsyslog with ${driver}: what it does not accept of the agent is told`,
    needsParts('rsyslog', driverPackage(driver)),
    async (t) => {
      const s = scene(t);
      const { ca, cert, key } = writeAll(s);
      const server = await startRsyslogd(s, { tls: { driver, ca, cert, key, asks: true } });
      const strange = writeCertificate(s.dir, 'strange', certificate({ name: 'strange.test' }));
      const cases = [
        ['', /the server wants the agent's certificate: set tls_cert and tls_key/],
        [
          `tls_cert = ${strange.cert}\ntls_key = ${strange.key}`,
          /the server (refused|does not accept) the agent's certificate .+strange\.pem/,
        ],
      ] as const;
      for (const [more, sentence] of cases) {
        const conf = writeConfig(s, { target: `tls://localhost:${server.port}`, syslog: `tls_ca = ${ca}\n${more}` });
        const agent = startAgent(s, conf);
        await until('the reason is told', () => sentence.test(agent.stderr()), { told: agent.stderr });
        assert.equal(await stopped(agent), 0, agent.stderr());
      }
    },
  );
}
