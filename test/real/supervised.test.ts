/** The agent under a service manager that it tells how it fares, through systemd's own systemd-notify. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { startReceiver, stopped, tailship, writeConfig } from '../harness/agent.ts';
import { type Manager, startManager } from '../harness/manager.ts';
import { freePort } from '../harness/processes.ts';
import { needsParts } from '../harness/system.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';

const parts = needsParts('systemd', 'python3');
const signs = ({ said }: Manager) => said().filter((line) => line.startsWith('WATCHDOG=1')).length;
const LINE = 'Nov 23 10:00:00 web1 app[7]: hello\n';

test('READY, the status in words, RELOADING with its time, STOPPING: each is told to systemd', parts, async (t) => {
  const s = scene(t);
  const manager = await startManager(s, 4);
  const server = await startReceiver(s, 'tcp');
  fs.writeFileSync(s.at('app.log'), LINE);
  const conf = writeConfig(s, { target: `tcp://127.0.0.1:${server.port}`, syslog: 'linger = 100ms' });
  const agent = tailship(s, ['run', '-c', conf], { env: manager.env });
  const told = () => `${manager.said().join('\n')}\n${agent.stderr()}`;
  await until('it is ready', () => manager.said().some((line) => line.startsWith('READY=1')), { told });
  await until('it is live', () => manager.said().some((line) => line.endsWith('STATUS=live, 0B behind')), { told });
  await until('it gives signs of life', () => signs(manager) >= 2, { told });

  const before = manager.said().length;
  agent.signal('SIGHUP');
  await until(
    'the reload is over',
    () =>
      manager
        .said()
        .slice(before)
        .some((line) => line.startsWith('READY=1')),
    {
      told,
    },
  );
  const [, usec] = /^RELOADING=1 MONOTONIC_USEC=(\d+)$/m.exec(manager.said().join('\n')) ?? [];
  const now = Number(process.hrtime.bigint() / 1000n);
  assert.ok(Number(usec) < now && now - Number(usec) < 60e6, 'the clock is the one that systemd reads');

  fs.appendFileSync(conf, 'nonsense = 1\n');
  const again = manager.said().length;
  agent.signal('SIGHUP');
  await until(
    'a refused reload is over too',
    () =>
      manager
        .said()
        .slice(again)
        .some((line) => line === 'READY=1'),
    {
      told,
    },
  );
  assert.equal(await stopped(agent), 0, agent.stderr());
  assert.match(manager.said().at(-1)!, /^STOPPING=1 STATUS=Stopping/);
});

test('an outage of the server goes on giving signs of life, and an agent that hangs gives none', parts, async (t) => {
  const s = scene(t);
  const manager = await startManager(s, 4);
  fs.writeFileSync(s.at('app.log'), LINE);
  const conf = writeConfig(s, {
    target: `tcp://127.0.0.1:${await freePort()}`,
    more: '[status]\nhealth_after = 5s\n',
  });
  const agent = tailship(s, ['run', '-c', conf], { env: manager.env });
  const told = () => `${manager.said().join('\n')}\n${agent.stderr()}`;
  await until('the outage is told', () => /STATUS=spooling \(tcp:.* is away\), /.test(manager.said().join('\n')), {
    told,
  });
  assert.match(manager.said().join('\n'), /READY=1/, 'a server that is away is no reason not to start');
  const during = signs(manager);
  await until('it lives', () => signs(manager) >= during + 6, { told });

  agent.signal('SIGSTOP');
  const [hung, last] = [performance.now(), signs(manager)];
  await until('the time of five signs has passed', () => performance.now() - hung > 5_000);
  assert.ok(signs(manager) <= last + 1, 'one may have been on its way; by now systemd ends the agent');
});

test('without systemd-notify the agent says so, and ships', { skip: parts.skip }, async (t) => {
  const s = scene(t);
  const server = await startReceiver(s, 'tcp');
  fs.writeFileSync(s.at('app.log'), LINE);
  const conf = writeConfig(s, { target: `tcp://127.0.0.1:${server.port}` });
  const env = { PATH: s.at('nowhere'), NOTIFY_SOCKET: s.at('notify') };
  const agent = tailship(s, ['run', '-c', conf], { env });
  await until('it is told', () => agent.stderr().includes('manager-deaf'), { told: agent.stderr });
  assert.match(agent.stderr(), /could not be told READY=1: there is no program systemd-notify/);
  await until('the line is there', () => server.lines().length === 1, { told: agent.stderr });
});
