/** What the commands say of the files of TLS and of a server that speaks it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { startAgent, startReceiver, stopped, tailship, writeConfig } from '../harness/agent.ts';
import { certificate, certificates, writeCertificate } from '../harness/certificates.ts';
import { type Scene, scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';

for (const command of ['run', 'check']) {
  test(`${command}: a file of TLS that is absent or wrong is a mistake in the configuration, with its line`, async (t) => {
    const s = scene(t);
    const { client } = certificates();
    const own = writeCertificate(s.dir, 'own', client);
    const other = writeCertificate(s.dir, 'other', certificate({ name: 'other.test' }));
    const cases = [
      [`tls_ca = ${s.at('absent.pem')}`, 'tls_ca', /tls_ca: there is no file .+absent\.pem\. Correct the path/],
      [
        `tls_cert = ${own.cert}\ntls_key = ${other.key}`,
        'tls_key',
        /tls_key: the key in .+other\.key does not belong to/,
      ],
    ] as const;
    for (const [syslog, key, sentence] of cases) {
      const conf = writeConfig(s, { target: 'tls://localhost:6514', syslog });
      const line =
        fs
          .readFileSync(conf, 'utf8')
          .split('\n')
          .findIndex((text) => text.startsWith(key)) + 1;
      const running = tailship(s, [command, '-c', conf]);
      assert.equal((await running.exited).code, 2);
      const said = (running.stdout() + running.stderr()).replaceAll(/\s+/g, ' ');
      assert.match(said, sentence);
      assert.ok(said.includes(`config.conf:${line}: `), said);
    }
    assert.equal(fs.existsSync(s.at('spool.db')), false);
  });
}

for (const scheme of ['tls', 'relps'] as const) {
  test(`receive takes over ${scheme} what run --once sends, each with a certificate of its own, and proves it whole`, async (t) => {
    const s = scene(t);
    const { authority, server, client } = certificates();
    const ca = writeCertificate(s.dir, 'authority', authority).cert;
    const theirs = writeCertificate(s.dir, 'server', server);
    const own = writeCertificate(s.dir, 'client', client);
    fs.writeFileSync(s.at('app.log'), 'Nov 23 10:00:01 web-1 billing[212]: [WARN] slow\n'.repeat(1_000));
    const more = ['--cert', theirs.cert, '--key', theirs.key, '--ca', ca];
    const receiver = await startReceiver(s, scheme, { more });
    const syslog = `tls_ca = ${ca}\ntls_cert = ${own.cert}\ntls_key = ${own.key}`;
    const conf = writeConfig(s, { target: `${scheme}://localhost:${receiver.port}`, syslog });
    const running = tailship(s, ['run', '-c', conf, '--once']);
    assert.equal((await running.exited).code, 0, running.stderr());
    const { code, text } = await receiver.verdict();
    assert.equal(code, 0, text);
    assert.match(text, /complete/);
    assert.equal(receiver.lines().length, 1_000);
  });
}

test('a reload makes the connection anew where a certificate was renewed, and leaves it alone where none was', async (t) => {
  const s = scene(t);
  const made = certificates();
  const ca = writeCertificate(s.dir, 'authority', made.authority).cert;
  const theirs = writeCertificate(s.dir, 'server', made.server);
  const own = writeCertificate(s.dir, 'client', made.client);
  fs.writeFileSync(s.at('app.log'), 'Nov 23 10:00:01 web-1 billing[212]: [WARN] slow\n');
  const receiver = await startReceiver(s, 'tls', { more: ['--cert', theirs.cert, '--key', theirs.key, '--ca', ca] });
  const syslog = `tls_ca = ${ca}\ntls_cert = ${own.cert}\ntls_key = ${own.key}`;
  const agent = startAgent(s, writeConfig(s, { target: `tls://localhost:${receiver.port}`, syslog }));
  const told = (sentence: RegExp) => until(`${sentence}`, () => sentence.test(agent.stderr()), { told: agent.stderr });
  await until('the line is there', () => receiver.lines().length === 1);
  agent.signal('SIGHUP');
  await told(/nothing that matters has changed/);
  fs.appendFileSync(own.cert, made.authority.cert);
  agent.signal('SIGHUP');
  await told(/The new configuration holds: destination syslog changed\./);
  fs.appendFileSync(s.at('app.log'), 'Nov 23 10:00:02 web-1 billing[212]: [WARN] slow\n');
  await until('the next line is there', () => receiver.lines().length === 2);
  assert.equal(await stopped(agent), 0);
});

async function checked(
  s: Scene,
  port: number,
  syslog: string,
  scheme = 'tls',
): Promise<{ code: number | null; said: string }> {
  fs.writeFileSync(s.at('app.log'), '');
  const conf = writeConfig(s, { target: `${scheme}://localhost:${port}`, syslog });
  const running = tailship(s, ['check', '-c', conf, '--connect']);
  const { code } = await running.exited;
  return { code, said: running.stdout().replaceAll(/\s+/g, ' ') };
}

test('check --connect shows the certificates of a TLS server and the days they have left, or why there is no TLS', async (t) => {
  const s = scene(t);
  const { authority, server, client } = certificates();
  const ca = writeCertificate(s.dir, 'authority', authority).cert;
  const soon = certificate({ name: 'soon.test', by: authority, names: ['localhost'], days: [-1, 3.5] });
  const short = writeCertificate(s.dir, 'soon', soon);
  const long = writeCertificate(s.dir, 'server', server);
  const own = writeCertificate(s.dir, 'client', client);
  const files = `tls_cert = ${own.cert}\ntls_key = ${own.key}`;

  const strict = await startReceiver(s, 'tls', { more: ['--cert', long.cert, '--key', long.key, '--ca', ca] });
  const good = await checked(s, strict.port, `tls_ca = ${ca}\n${files}`);
  assert.equal(good.code, 0, good.said);
  assert.match(
    good.said,
    /TLS works: TLSv1\.3, \S+\. Certificates: log\.test \(29 days left\), signed by Test Authority \(29 days left\)\./,
  );
  assert.match(good.said, /own certificate \S+client\.pem is good \(29 days left\)\./);
  const without = await checked(s, strict.port, `tls_ca = ${ca}`);
  assert.equal(without.code, 1);
  assert.match(without.said, /the server wants the agent's certificate: set tls_cert and tls_key\./);

  const open = await startReceiver(s, 'tls', { more: ['--cert', short.cert, '--key', short.key] });
  const ending = await checked(s, open.port, `tls_ca = ${ca}`);
  assert.equal(ending.code, 0);
  assert.match(
    ending.said,
    /warning \S+ tls:\S+ the certificate soon\.test ends soon \(3 days left\)\. \[certificate-ends\] → Have it renewed/,
  );
  const strange = await checked(s, open.port, '');
  assert.equal(strange.code, 1);
  assert.match(
    strange.said,
    /No TLS: the server's certificate is signed by Test Authority, which is not in the system's authorities/,
  );
  const unchecked = await checked(s, open.port, 'tls_verify = off');
  assert.match(unchecked.said, /tls_verify = off, so these certificates were not checked/);
});

test('check --connect opens a RELP session over TLS, once the certificates are good', async (t) => {
  const s = scene(t);
  const { authority, server } = certificates();
  const ca = writeCertificate(s.dir, 'authority', authority).cert;
  const own = writeCertificate(s.dir, 'server', server);
  const receiver = await startReceiver(s, 'relps', { more: ['--cert', own.cert, '--key', own.key] });
  const good = await checked(s, receiver.port, `tls_ca = ${ca}`, 'relps');
  assert.equal(good.code, 0, good.said);
  assert.match(
    good.said,
    /relps:\S+ TLS works: .+ relps:\S+ .*opens RELP sessions; it offers syslog, and calls itself tailship/,
  );
  const strange = await checked(s, receiver.port, '', 'relps');
  assert.equal(strange.code, 1);
  assert.match(strange.said, /No TLS: the server's certificate is signed by Test Authority/);
  const stream = await startReceiver(s, 'tls', { more: ['--cert', own.cert, '--key', own.key] });
  const silent = await checked(s, stream.port, `tls_ca = ${ca}`, 'relps');
  assert.equal(silent.code, 1, silent.said);
});
