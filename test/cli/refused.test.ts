/** What a server refuses for good, as the operator sees it: listed apart, copied, sent once more or dropped. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Status } from '../../agent/ops/status.ts';
import { createRelpParser, frameRelp, isRelpCommand, relpText } from '../../agent/wire/relp.ts';
import { until } from '../harness/wait.ts';
import { createWorld, type World } from './fake-io.ts';

/** A RELP server that takes what `takes` does not refuse. */
async function startServer(t: TestContext, takes: (message: string) => boolean) {
  const received: string[] = [];
  const server = net.createServer((socket) => {
    const parser = createRelpParser((frame) => {
      const message = relpText(frame);
      const good = !isRelpCommand(frame, 'syslog') || takes(message);
      if (good && isRelpCommand(frame, 'syslog')) received.push(message);
      const offers = isRelpCommand(frame, 'open') ? '\ncommands=syslog' : '';
      socket.write(frameRelp(frame.txnr, 'rsp', good ? `200 OK${offers}` : '500 not this one'));
      if (isRelpCommand(frame, 'close')) socket.end();
      return true;
    }, 100_000);
    socket.on('data', (bytes) => parser.push(bytes as Buffer)).on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { received, port: (server.address() as net.AddressInfo).port };
}

function configure(world: World, port: number): void {
  const lines = [1, 2, 3].map((n) => `Nov 23 10:00:0${n} web1 app: line ${n}\n`);
  world.write('app.log', lines.join(''));
  world.write(
    'config.conf',
    `[input]\npath = app.log\npoll = 20ms\n[transform]\ntimezone = UTC\n[syslog]\ntarget = relp://127.0.0.1:${port}\n`,
  );
}

test('a refused record is listed, exported and, beside a running agent, sent once more', async (t) => {
  using world = createWorld();
  let refuses = true;
  const { received, port } = await startServer(t, (message) => !(refuses && message.includes('line 2')));
  configure(world, port);
  const once = await world.run('run', '--once', '--wait', '20s');
  assert.equal(once.code, 1, 'the server does not have all of it');
  assert.match(once.err, /is set aside in the spool: the server refused it 4 times \(500 not this one\)/);
  assert.equal(received.length, 2);
  assert.match(
    (await world.run('spool', 'ls')).out,
    / {2}! The server of syslog refused 1 line for good\.[\s\S]*\n {2}syslog {2}empty\n +refused {2}1 line /,
  );
  assert.equal((await world.run('spool', 'export')).out, '');
  assert.match((await world.run('spool', 'export', '--refused')).out, /line 2.*\n$/);
  assert.match((await world.run('spool', 'drop', '--yes')).err, /Nothing of that waits/);

  refuses = false;
  const stop = new AbortController();
  const agent = world.runWith({ stop: stop.signal }, 'run');
  await until('the agent answers', async () => (await world.run('status')).out.includes('refused    1 line'));
  assert.match((await world.run('spool', 'retry')).err, /^Sent once more: 1 line, /);
  await until('it has arrived', () => received.length === 3);
  const settled = async () => {
    const { destinations } = JSON.parse((await world.run('status', '--json')).out) as Status;
    return destinations[0]?.inputs[0]?.ledger.acked.lines === 3;
  };
  await until('it is settled', settled);
  stop.abort();
  assert.equal((await agent).code, 0);
  assert.match((await world.run('spool', 'retry')).err, /Nothing of that was refused/);
});

test('a refused record that is dropped is gone and counted', async (t) => {
  using world = createWorld();
  const { port } = await startServer(t, (message) => !message.includes('line 2'));
  configure(world, port);
  await world.run('run', '--once', '--wait', '20s');
  assert.match((await world.run('spool', 'drop', '--refused', '--yes')).err, /^Dropped 1 line, /);
  assert.doesNotMatch((await world.run('spool', 'ls')).out, /refused/);
});
