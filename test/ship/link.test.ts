import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScene } from './link-scene.ts';
import { batchOf, breathe } from './parts.ts';

test('attempts go on for ever, at delays that double up to the ceiling', async (t) => {
  const { link, delay, told, clock } = createScene(t, () => 'refused');
  link.start();
  await breathe();
  assert.deepEqual(told, ['failed: connection refused, nothing listens there (192.0.2.1:514)']);
  assert.equal(link.nextTry(), clock.now() + 200);
  const delays: number[] = [];
  for (let i = 0; i < 12; i += 1) delays.push(await delay());
  assert.deepEqual(delays, [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000, 30_000, 30_000]);
  assert.equal(told.length, 13);
});

test('delays are drawn at random, so that many agents do not come back at the same moment', async (t) => {
  const { link, delay } = createScene(t, () => 'refused');
  t.mock.method(Math, 'random', () => 0.5);
  link.start();
  await breathe();
  assert.deepEqual([await delay(), await delay()], [300, 600]);
});

test('a TypeError in the way to the server is retried like every other failure', async (t) => {
  const { link, told, tried, delay } = createScene(t, () => 'refused', {
    lookup: async () => {
      if (told.length === 0) throw new TypeError('a defect somewhere below');
      return [{ address: '192.0.2.1', family: 4 }];
    },
  });
  link.start();
  await breathe();
  assert.deepEqual(told, ['failed: a defect somewhere below']);
  await delay();
  assert.equal(tried.length, 1);
});

test('the name is resolved anew at every attempt, and every address of it is tried', async (t) => {
  const answers = [
    [],
    [{ address: '192.0.2.1', family: 4 }],
    [
      { address: '2001:db8::1', family: 6 },
      { address: '192.0.2.2', family: 4 },
      { address: '192.0.2.3', family: 4 },
    ],
  ];
  const lookup = async () => answers.shift() ?? [];
  const { link, told, tried, delay } = createScene(t, (host) => (host === '192.0.2.2' ? 'connected' : 'refused'), {
    lookup,
  });
  link.start();
  await breathe();
  await delay();
  await delay();
  assert.deepEqual(tried, ['192.0.2.1', '2001:db8::1', '192.0.2.2']);
  assert.deepEqual(told, [
    'failed: the name has no address',
    'failed: connection refused, nothing listens there (192.0.2.1:514)',
    'up 192.0.2.2:514',
  ]);
});

test('an address that does not answer is given up, and the next one is tried', async (t) => {
  const lookup = async () => [
    { address: '192.0.2.1', family: 4 },
    { address: '192.0.2.2', family: 4 },
  ];
  const { link, told, clock, connections } = createScene(t, (host) => (host === '192.0.2.2' ? 'connected' : 'silent'), {
    lookup,
  });
  link.start();
  await clock.turn(9_900);
  assert.deepEqual(told, []);
  await clock.turn(200);
  assert.deepEqual(told, ['up 192.0.2.2:514']);
  assert.equal(connections[0]?.destroyed, true);
});

test('a connection of a port to itself is taken for what it is: nobody listens there', async (t) => {
  const { link, told, connections } = createScene(t, () => 'self');
  link.start();
  await breathe();
  assert.match(told.join(), /^failed: connection refused/);
  assert.equal(connections[0]?.destroyed, true);
});

test('a session that has proven itself is followed by an attempt at once when it breaks', async (t) => {
  const { link, told, clock, connections, log } = createScene(t, () => 'connected');
  link.start();
  await clock.turn(3_000);
  connections[0]!.fail('ECONNRESET');
  await breathe();
  assert.deepEqual(told, ['up 192.0.2.1:514', 'closed: the server reset the connection', 'up 192.0.2.1:514']);
  await clock.turn(3_000);
  assert.equal(log.said.length, 3);
  assert.match(
    log.said.join('\n'),
    /Records go to .*\n.* broke: the server reset .*\n.* is connected again after 2s\./,
  );
});

test('a session on which something settled is proven, however short it was', async (t) => {
  const { link, told, sessions, connections, clock } = createScene(t, () => 'connected');
  link.start();
  await breathe();
  connections[0]!.row = 'unreadable';
  sessions[0]!.write(batchOf(['one']));
  await clock.turn(300);
  assert.equal(told.length, 1, 'linger has not passed');
  await clock.turn(1_950);
  connections[0]!.fail('ECONNRESET');
  await breathe();
  assert.equal(told.at(-1), 'up 192.0.2.1:514');
});

test('a server that accepts and hangs up is left alone for longer each time, and the log says so once', async (t) => {
  const { link, told, connections, delay, log } = createScene(t, () => 'connected');
  link.start();
  const delays: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    await breathe();
    connections.at(-1)!.say('end');
    await breathe();
    delays.push(await delay());
  }
  assert.deepEqual(delays, [200, 400, 800, 1_600, 3_200, 6_400]);
  assert.deepEqual(told.slice(0, 3), [
    'up 192.0.2.1:514',
    'closed: the server closed the connection',
    'failed: the server closed the connection',
  ]);
  const warned = log.said.filter((sentence) => sentence.startsWith('warn'));
  assert.equal(warned.length, 1);
  assert.match(
    warned[0]!,
    /log\.example:514 cannot be reached: the server closed the connection\. Records wait in the spool/,
  );
});

test('the log names the outage once at its start and once at its end, with its length and the number of attempts', async (t) => {
  const { link, log, clock, delay } = createScene(t, (_host, attempt) => (attempt > 3 ? 'connected' : 'refused'));
  link.start();
  await breathe();
  for (let i = 0; i < 3; i += 1) {
    await delay();
    await clock.turn(20_000);
  }
  const said = log.said.filter((sentence) => !sentence.startsWith('debug'));
  assert.equal(said.length, 2);
  assert.match(said[0]!, /^warn: tcp:\/\/log\.example:514 cannot be reached: connection refused/);
  assert.match(said[1]!, /^info: tcp:\/\/log\.example:514 is connected again after 42s and 3 failed attempts\./);
});
