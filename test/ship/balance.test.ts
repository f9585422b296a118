/** `balance = round-robin`: several servers at once, batches dealt in turn. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createShipping } from '../../agent/ship/balance.ts';
import type { Shipper } from '../../agent/ship/shipper-types.ts';
import { costOf } from '../../agent/ship/transport.ts';
import type { LinkConfig, Sent } from '../../agent/types.ts';
import {
  breathe,
  createKeptLog,
  createPlayedTcp,
  createTurnedClock,
  linkOf,
  messagesOf,
  noSockets,
  type PlayedTcp,
  sentOf,
  targetOf,
} from './parts.ts';

/** A shipper over servers a, b and c (or as many as `hosts` says) of which those in `up` can be reached. */
function createScene(t: TestContext, hosts: readonly string[], changes: Partial<LinkConfig> = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(Math, 'random', () => 0);
  const clock = createTurnedClock();
  const log = createKeptLog();
  const up = new Set(hosts);
  const told: string[] = [];
  const connections: { readonly host: string; readonly tcp: PlayedTcp; readonly texts: string[] }[] = [];
  const words = (all: readonly Sent[]) =>
    all.map((one) => `${messagesOf([one]).join('+')}${one.again ? '!' : ''}${one.done ? ' done' : ''}`);
  const note = (what: string, sent: readonly Sent[] = []) => void told.push([what, ...words(sent)].join(' '));
  const shipper: Shipper = createShipping({
    link: {
      ...linkOf(targetOf('tcp', 514, 'a')),
      targets: hosts.map((host) => targetOf('tcp', 514, host)),
      balance: 'round-robin',
      ...changes,
    },
    sockets: {
      ...noSockets,
      connectTcp(host) {
        const tcp = createPlayedTcp();
        const texts: string[] = [];
        const { write } = tcp.socket;
        Object.assign(tcp.socket, {
          localPort: 40_000 + connections.length,
          write(bytes: Buffer, done: () => void) {
            texts.push(...bytes.toString().trimEnd().split('\n'));
            return write(bytes, done);
          },
        });
        connections.push({ host, tcp, texts });
        setImmediate(() => (up.has(host) ? tcp.say('connect') : tcp.fail('ECONNREFUSED')));
        return tcp.socket;
      },
      async readTcpTable() {
        const tables = connections.map(async ({ tcp }, i) =>
          (await tcp.readTcpTable()).replace(':9C40', `:${(40_000 + i).toString(16).toUpperCase()}`),
        );
        return (await Promise.all(tables)).join('');
      },
    },
    ...{ clock, log, retry: { least: 1_000, ceiling: 1_000 } },
    events: {
      changed() {},
      settled: (sent) => note('settled', sent),
      down: (unsettled) => note('down', unsettled),
    },
  });
  t.after(() => shipper.stop(0));
  shipper.start();
  const last = (host: string) => connections.findLast((one) => one.host === host)!;
  const got = (host: string) => connections.filter((one) => one.host === host).flatMap(({ texts }) => texts);
  const send = (...messages: string[]) => {
    for (const message of messages) shipper.send(sentOf([message]));
  };
  /** Lets the next attempts of p-retry come. */
  const retry = async () => {
    for (let i = 0; i < 20; i += 1) {
      t.mock.timers.tick(100);
      await breathe();
    }
  };
  return { shipper, clock, log, up, told, last, got, send, retry };
}

test('batches are dealt in turn to the servers that are up, and each gets its own in order', async (t) => {
  const { shipper, clock, got, send, told } = createScene(t, ['a', 'b', 'c']);
  await breathe();
  assert.equal(shipper.link(), 'up');
  send('1', '2', '3', '4', '5', '6', '7');
  await clock.turn(3_000);
  assert.deepEqual(
    [got('a'), got('b'), got('c')],
    [
      ['1', '4', '7'],
      ['2', '5'],
      ['3', '6'],
    ],
  );
  assert.deepEqual(told.join(' ').match(/\d/g), ['1', '2', '3', '4', '5', '6', '7']);
});

test('a server that is down is left out, is tried again, and takes its share when it is back', async (t) => {
  const { shipper, clock, got, send, up, retry, log } = createScene(t, ['a', 'b']);
  up.delete('a');
  await breathe();
  send('1', '2');
  await clock.turn(3_000);
  assert.deepEqual([got('a'), got('b')], [[], ['1', '2']]);
  assert.equal(shipper.link(), 'up');
  assert.deepEqual(
    shipper.status().servers?.map(({ target, state, problem }) => [target, state, problem]),
    [
      ['tcp://a:514', 'down', 'connection refused, nothing listens there'],
      ['tcp://b:514', 'up', undefined],
    ],
  );
  assert.ok(log.said.some((one) => /a:514 cannot be reached.*The servers that are up take its share/.test(one)));
  up.add('a');
  await retry();
  send('3', '4');
  await breathe();
  assert.deepEqual([got('a').length, got('b').length], [1, 3]);
});

test('whichever server answers first, batches of an input settle in the order of sending', async (t) => {
  const { clock, send, told, last, shipper } = createScene(t, ['a', 'b']);
  await breathe();
  last('a').tcp.acknowledged = 0;
  send('1', '2', '3', '4');
  await clock.turn(10_000);
  assert.deepEqual(told, []);
  assert.equal(shipper.status().underway.length, 4);
  last('a').tcp.acknowledged = 'all';
  await clock.turn(5_000);
  assert.deepEqual(told.join(' ').match(/\d/g), ['1', '2', '3', '4']);
});

test('a batch of another input, and a row of the spool, need not wait for their turn', async (t) => {
  const { clock, told, last, shipper } = createScene(t, ['a', 'b']);
  await breathe();
  last('a').tcp.acknowledged = 0;
  const other = sentOf(['other']);
  for (const sent of [
    sentOf(['1']),
    { ...other, batch: { ...other.batch, input: 'web' } },
    sentOf(['2']),
    sentOf(['row'], 7),
  ])
    shipper.send(sent);
  await clock.turn(5_000);
  assert.deepEqual(told, ['settled other row']);
});

test('what a broken server leaves unsettled goes to the others at once and in its place, only that, and the link stays up', async (t) => {
  const { shipper, clock, got, send, told, last, up } = createScene(t, ['a', 'b']);
  await breathe();
  send('1', '2');
  await clock.turn(2_500);
  last('a').tcp.acknowledged = 0;
  send('3', '4', '5');
  await clock.turn(2_500);
  up.delete('a');
  last('a').tcp.fail('ECONNRESET');
  send('6');
  await breathe();
  assert.equal(shipper.link(), 'up');
  assert.deepEqual(got('b'), ['2', '4', '3', '5', '6']);
  await clock.turn(5_000);
  assert.deepEqual(told, ['settled 1', 'settled 2', 'settled 3! 4 5! 6']);
  assert.equal(shipper.status().messages.repeated, 2);
});

test('what two servers leave waits for room at the third in the order of sending, and before all that is new', async (t) => {
  const cost = costOf(sentOf(['1']).batch);
  const { shipper, clock, got, send, last, up } = createScene(t, ['a', 'b', 'c'], { window: 9 * cost });
  await breathe();
  for (const host of ['a', 'b', 'c']) last(host).tcp.acknowledged = 0;
  send('1', '2', '3', '4', '5', '6', '7', '8', '9');
  up.clear();
  last('b').tcp.fail('ECONNRESET');
  last('a').tcp.fail('ECONNRESET');
  await breathe();
  assert.ok(shipper.room() <= 0);
  last('c').tcp.acknowledged = 'all';
  await clock.turn(20_000);
  assert.deepEqual(got('c'), ['3', '6', '9', '1', '2', '4', '5', '7', '8']);
});

test('only when no server is up does everything come back, in order; what was acknowledged out of turn is not sent again', async (t) => {
  const { shipper, clock, got, send, told, last, up, retry } = createScene(t, ['a', 'b']);
  await breathe();
  last('a').tcp.acknowledged = 0;
  send('1', '2', '3', '4', '5');
  await clock.turn(2_500);
  send('6');
  last('b').tcp.acknowledged = 0;
  up.clear();
  last('a').tcp.fail('ECONNRESET');
  last('b').tcp.fail('ECONNRESET');
  assert.equal(shipper.link(), 'connecting');
  await retry();
  assert.equal(shipper.link(), 'down');
  assert.deepEqual(told, ['down 1! 2 done 3! 4 done 5! 6!']);
  assert.equal(shipper.room(), 0);
  assert.deepEqual(shipper.status().underway, []);

  up.add('b');
  await retry();
  const before = got('b').length;
  const done = { ...sentOf(['2']), done: true };
  for (const sent of [sentOf(['1']), done, sentOf(['3'])]) shipper.send(sent);
  await clock.turn(3_000);
  assert.deepEqual(got('b').slice(before), ['1', '3']);
  assert.deepEqual(told.slice(1), ['settled 1 2 done 3']);
});

test('the window bounds what is under way at all servers together, what waits for its turn too', async (t) => {
  const cost = costOf(sentOf(['x']).batch);
  const { shipper, send, last, clock, got } = createScene(t, ['a', 'b'], { window: 8 * cost });
  await breathe();
  last('a').tcp.acknowledged = 0;
  let sent = 0;
  for (; shipper.room() > 0 && sent < 100; sent += 1) send('x');
  assert.equal(sent, 8);
  assert.deepEqual([got('a').length, got('b').length], [4, 4]);
  await clock.turn(5_000);
  assert.ok(shipper.room() <= 0, 'b has room, but nothing may settle before what a has');
  last('a').tcp.acknowledged = 'all';
  await clock.turn(5_000);
  assert.equal(shipper.room() > 0, true);
});

test('a server with its part of the window full is passed over, and the others need not wait for it', async (t) => {
  const cost = costOf(sentOf(['x']).batch);
  const { shipper, last, clock, got } = createScene(t, ['a', 'b'], { window: 8 * cost });
  await breathe();
  last('a').tcp.acknowledged = 0;
  for (let row = 1; row <= 20; row += 1) {
    while (shipper.room() <= 0) await clock.turn(100);
    shipper.send(sentOf(['x'], row));
  }
  assert.deepEqual([got('a').length, got('b').length], [4, 16]);
});

test('a rate holds for all servers together', async (t) => {
  const { shipper, clock, got } = createScene(t, ['a', 'b'], { rate: { unit: 'lines', perSecond: 100 } });
  await breathe();
  const before = clock.ticks();
  while (clock.ticks() < before + 1_000) {
    while (shipper.room() > 0) shipper.send(sentOf(['x']));
    await clock.turn(10);
  }
  const total = got('a').length + got('b').length;
  assert.ok(total >= 90 && total <= 110, `${total}`);
  assert.ok(got('a').length > 30 && got('b').length > 30);
});

test('a stop proves what it can and gives the rest back in order', async (t) => {
  const { shipper, clock, send, last, told } = createScene(t, ['a', 'b']);
  await breathe();
  last('a').tcp.acknowledged = 0;
  send('1', '2', '3', '4');
  await clock.turn(1_000);
  const stop = shipper.stop(3_000);
  last('b').tcp.say('end');
  await clock.turn(4_000);
  const back = await stop;
  assert.deepEqual(
    back.map((one) => [...messagesOf([one]), one.again, one.done ?? false]),
    [
      ['1', true, false],
      ['2', false, true],
      ['3', true, false],
      ['4', false, true],
    ],
  );
  assert.deepEqual(told, []);
});
