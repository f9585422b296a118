/** SIGHUP under load: only what changed is swapped, and nothing is lost or sent twice. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { startAgent, startReceiver, status, stopped } from '../harness/agent.ts';
import { certificates, writeCertificate } from '../harness/certificates.ts';
import { freePort, type Running } from '../harness/processes.ts';
import { assertSameLines, once } from '../harness/records.ts';
import { type Scene, scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { startWriter } from '../harness/writer.ts';

/** Each kind of change comes at least once; RELOADS=50 is the longer run of the same. */
const RELOADS = {
  tcp: Number(process.env.RELOADS ?? 12),
  relp: Number(process.env.RELOADS ?? 10),
  tls: Number(process.env.RELOADS ?? 10),
};

type Keys = { readonly input?: string; readonly syslog?: string; readonly transform?: string; readonly more?: string };

function configure(s: Scene, target: string, { input = '', syslog = '', transform = '', more = '' }: Keys): string {
  const conf = s.at('config.conf');
  fs.writeFileSync(
    conf,
    `[input]\npath = ${s.at('app.log')}\n${input || 'poll = 100ms'}\n[transform]\n${transform}\n` +
      `[syslog]\ntarget = ${target}\njson = all\nlinger = 100ms\n${syslog}\n[spool]\npath = ${s.at('spool.db')}\n${more}\n`,
  );
  return conf;
}

const answers = (agent: Running) =>
  agent
    .stderr()
    .match(/The new configuration holds|nothing that matters has changed|The new configuration is not used/g)?.length ??
  0;

/** Sends SIGHUP and waits for the agent's answer. */
async function reload(agent: Running): Promise<void> {
  const before = answers(agent);
  agent.signal('SIGHUP');
  await until('the agent has answered', () => answers(agent) > before, { told: agent.stderr });
}

for (const scheme of ['tcp', 'relp', 'tls'] as const) {
  test(`${RELOADS[scheme]} reloads under load over ${scheme} lose nothing and repeat nothing, whatever changes`, async (t) => {
    const s = scene(t);
    const { authority, server: own } = certificates();
    const ca = writeCertificate(s.dir, 'authority', authority).cert;
    const { cert, key } = writeCertificate(s.dir, 'server', own);
    const server = await startReceiver(s, scheme, scheme === 'tls' ? { more: ['--cert', cert, '--key', key] } : {});
    const target =
      scheme === 'tls' ? `tls://localhost:${server.port}\ntls_ca = ${ca}` : `${scheme}://127.0.0.1:${server.port}`;
    fs.writeFileSync(s.at('other.log'), '');
    const dead = `tcp://127.0.0.1:${await freePort()}`;
    // Each is what the one before was not: the same again, a shape, a way to follow, a link, a record, one more of everything.
    const kinds: readonly Keys[] = [
      {},
      {},
      { transform: 'timezone = Asia/Shanghai' },
      { input: 'poll = 120ms' },
      { syslog: 'window = 2MiB' },
      { syslog: 'chunk = 9000' },
      { more: `[input.other]\npath = ${s.at('other.log')}` },
      { more: `[syslog.dead]\ntarget = ${dead}` },
      { more: 'max_size = 512MiB' },
      { more: '[log]\nlevel = debug\n[status]\nlisten = 127.0.0.1:0' },
    ];
    const conf = configure(s, target, {});
    const writer = startWriter(s.at('app.log'), { perTick: 40 });
    s.atEnd(writer.stop);
    const agent = startAgent(s, conf);
    await until('the first lines are there', () => server.lines().length > 0, { told: agent.stderr });
    for (let n = 1; n <= RELOADS[scheme]; n++) {
      configure(s, target, kinds[n % kinds.length]!);
      if (n % 7 === 0) {
        fs.renameSync(s.at('app.log'), s.at(`app.log.${n}`));
        fs.writeFileSync(s.at('app.log'), '');
      }
      const seen = server.lines().length;
      await reload(agent);
      await until('the stream goes on', () => server.lines().length > seen, { told: agent.stderr });
    }
    writer.stop();
    const last = `message ${writer.lines.length - 1} `;
    await until('the last line is there', () => server.lines().at(-1)?.includes(last), { told: agent.stderr });
    assert.equal(await stopped(agent), 0, agent.stderr());
    const { code, text } = await server.verdict();
    assert.equal(code, 0, text);
    const { lines, repeated } = once(server.lines());
    assertSameLines(lines, writer.lines);
    assert.equal(repeated.count, 0);
    t.diagnostic(`${writer.lines.length} lines`);
    for (const what of [
      'input input changed',
      'input other added',
      'input other removed',
      'destination syslog changed',
    ])
      assert.match(agent.stderr(), new RegExp(`The new configuration holds: .*${what}`));
    for (const what of ['destination dead added', 'destination dead removed', 'spool changed', 'status changed'])
      assert.match(agent.stderr(), new RegExp(`The new configuration holds: .*${what}`));
  });
}

test('a wrong configuration leaves the old one running, and is named with its lines', async (t) => {
  const s = scene(t);
  const server = await startReceiver(s, 'tcp');
  const target = `tcp://127.0.0.1:${server.port}`;
  const conf = configure(s, target, {});
  const writer = startWriter(s.at('app.log'), { perTick: 4 });
  s.atEnd(writer.stop);
  const agent = startAgent(s, conf);
  await until('the first lines are there', () => server.lines().length > 0, { told: agent.stderr });
  configure(s, 'tcp://:514', { transform: "pattern = '(unclosed'", more: 'nonsense = 1' });
  await reload(agent);
  for (const line of [5, 7, 13]) assert.match(agent.stderr(), new RegExp(`config\\.conf:${line}: `));
  const seen = server.lines().length;
  await until('the old one goes on', () => server.lines().length > seen + 100, { told: agent.stderr });
  configure(s, target, { more: 'path = /proc/nowhere/spool.db' });
  fs.writeFileSync(conf, fs.readFileSync(conf, 'utf8').replace(/path = .*spool\.db\n/, ''));
  await reload(agent);
  await until('the state that cannot be opened is told', () => agent.stderr().includes('The old [spool] goes on'));
  writer.stop();
  const last = `message ${writer.lines.length - 1} `;
  await until('the last line is there', () => server.lines().at(-1)?.includes(last), { told: agent.stderr });
  assert.equal(await stopped(agent), 0, agent.stderr());
  const { lines, repeated } = once(server.lines());
  assertSameLines(lines, writer.lines);
  assert.equal(repeated.count, 0);
});

test('SIGUSR1 says where the log goes, SIGUSR2 tells the status, and neither stops anything', async (t) => {
  const s = scene(t);
  const conf = configure(s, `tcp://127.0.0.1:${await freePort()}`, {});
  fs.writeFileSync(s.at('app.log'), 'Jul 15 11:30:01 host app: one\n');
  const agent = startAgent(s, conf);
  await until('it runs', () => status(s, conf));
  agent.signal('SIGUSR1');
  await until('it says where the log goes', () => agent.stderr().includes('The log goes to stderr'));
  agent.signal('SIGUSR2');
  await until('it tells its status', () => /Status of syslog: (spooling|connecting), tcp/.test(agent.stderr()));
  assert.equal(await stopped(agent), 0);
});

test('a SIGHUP while the agent is still starting does not end it', async (t) => {
  const s = scene(t);
  fs.writeFileSync(s.at('app.log'), 'one\n');
  const conf = configure(s, `tcp://127.0.0.1:${await freePort()}`, {});
  const agent = startAgent(s, conf);
  // From the first moment at which the process has a handler of its own.
  await until('it listens to signals', () => catchesHangup(agent.pid));
  agent.signal('SIGHUP');
  await until('it has answered', () => answers(agent) > 0, { told: agent.stderr });
  assert.equal(await stopped(agent), 0, agent.stderr());
});

/** Whether the process catches SIGHUP, signal 1: the lowest bit of SigCgt (proc(5)). */
function catchesHangup(pid: number): boolean {
  const mask = /^SigCgt:\s*(\w+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${mask}`) & 1n) === 1n;
}
