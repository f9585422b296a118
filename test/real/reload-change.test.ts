/** `[agent] reload = change`: the file itself is the order to read it again. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { startAgent, startReceiver, stopped, writeConfig } from '../harness/agent.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';

test('a changed file is taken over without a signal; one that is wrong, empty or gone is refused once and the old one goes on', async (t) => {
  const s = scene(t);
  const server = await startReceiver(s, 'tcp');
  fs.writeFileSync(s.at('app.log'), '');
  const conf = writeConfig(s, {
    target: `tcp://127.0.0.1:${server.port}`,
    syslog: 'linger = 100ms',
    more: '[agent]\nreload = change\n',
  });
  const good = fs.readFileSync(conf, 'utf8');
  const agent = startAgent(s, conf);
  const said = (what: string) => agent.stderr().split(what).length - 1;
  const save = (text: string) => {
    fs.writeFileSync(s.at('new'), text);
    fs.renameSync(s.at('new'), conf);
  };
  const told = agent.stderr;
  let sent = 0;
  async function goesOn(): Promise<void> {
    fs.appendFileSync(s.at('app.log'), `Nov 23 10:00:00 web1 app[7]: line ${++sent}\n`);
    await until('the line is there', () => server.lines().length === sent, { told });
  }
  await goesOn();

  save(`${good}[transform]\ntimezone = Mars/Base\n`);
  await until('the wrong one is refused', () => said('The new configuration is not used') === 1, { told });
  assert.match(agent.stderr(), /config\.conf:\d+: .*Mars\/Base/);
  await goesOn();

  save(`${good}[transform]\ntimezone = Asia/Shanghai\n`);
  await until('the new one holds', () => said('The new configuration holds: input input changed') === 1, { told });
  await goesOn();
  assert.match(server.lines().at(-1)!, /T10:00:00\+08:00 /);

  fs.truncateSync(conf);
  await until('the empty one is refused', () => said('config.conf is empty.') === 1, { told });
  fs.rmSync(conf);
  await until('that it is gone is told', () => said('config.conf is gone.') === 1, { told });
  await goesOn();

  save(good.replace('reload = change', 'reload = signal'));
  await until('the last one holds', () => said('The new configuration holds: ') === 2, { told });
  assert.match(agent.stderr(), /The new configuration holds: .*agent changed/);
  assert.equal(said('The new configuration is not used'), 3, 'each was told once');
  assert.equal(await stopped(agent), 0);
});
