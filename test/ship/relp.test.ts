/** What only RELP knows: answers by number, refusals, the server's own word, and what of a batch was not answered. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createRelpSession } from '../../agent/ship/relp-session.ts';
import { createTransactions } from '../../agent/ship/relp-transactions.ts';
import type { TcpSocket } from '../../agent/ship/sockets.ts';
import type { LinkConfig } from '../../agent/types.ts';
import { createRelpParser, frameRelp, LAST_TXNR } from '../../agent/wire/relp.ts';
import { until } from '../harness/wait.ts';
import { type Carrier, startCarrier } from './carrier.ts';
import { batchOf, createKeptEvents, createKeptLog, createTurnedClock, linkOf, noSockets, targetOf } from './parts.ts';
import { startStream, TLS } from './secure.ts';
import type { Answers, Server } from './servers.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

const allSettled = (carrier: Carrier) =>
  until('all has settled', () => carrier.settled.length === carrier.offered, {
    told: () =>
      `${carrier.settled.length} of ${carrier.offered}; ${JSON.stringify(carrier.downs.map((d) => d.reason))}`,
  });

function assertOnce(server: Server, count: number): void {
  assert.deepEqual(
    [...server.received].sort((a, b) => a - b),
    numbers(count),
    'every record was accepted, and none twice',
  );
}

for (const scheme of ['relp', 'relps'] as const) {
  describe(scheme, { concurrency: 4 }, () => {
    const carry = (t: TestContext, server: Server, changes: Partial<LinkConfig> = {}) =>
      startCarrier(t, targetOf(scheme, server.port), { ...TLS, ...changes });
    async function carried(t: TestContext, answers: Answers, changes: Partial<LinkConfig> = {}) {
      const server = await startStream(t, scheme, undefined, { answers });
      return { server, carrier: carry(t, server, changes) };
    }

    const BREAKS: Record<string, (socketless: (text: string) => void) => void> = {
      'announces that it closes': (say) => say('0 serverclose 0\n'),
      'answers what was not asked': (say) => say('99999 rsp 6 200 OK\n'),
      'talks nonsense': (say) => say('nonsense\n'),
    };
    for (const [what, breaks] of Object.entries(BREAKS)) {
      test(`a server that ${what} in the middle of a batch: only what was not answered is sent again`, async (t) => {
        const { server, carrier } = await carried(t, (number, index, say) => {
          if (index > 3 || number < (index + 1) * 130) return '200 OK';
          if (number === (index + 1) * 130) breaks(say);
          return undefined;
        });
        carrier.offer(1_000, 100);
        await allSettled(carrier);
        assertOnce(server, 1_000);
        assert.ok(server.connections.length >= 5);
      });
    }

    test('a server that never answers is an outage after the timeout, and only the unanswered come back', async (t) => {
      const { server, carrier } = await carried(
        t,
        (number, index) => (index === 0 && number >= 50 ? undefined : '200 OK'),
        {
          timeout: 300,
        },
      );
      carrier.offer(200, 100);
      await allSettled(carrier);
      assert.match(carrier.log.said.join('\n'), /nothing was acknowledged for 300ms although data waits/);
      assertOnce(server, 200);
    });

    test('a refused record is sent again and arrives, and holds up nobody that comes after it', async (t) => {
      let refusals = 0;
      const { server, carrier } = await carried(t, (number) =>
        number === 7 && ++refusals < 3 ? '500 busy' : '200 OK',
      );
      carrier.offer(20, 10);
      await until('all others have arrived', () => server.received.length === 19);
      await allSettled(carrier);
      assertOnce(server, 20);
      assert.deepEqual(carrier.settled, numbers(20));
      assert.equal(carrier.shipper.status().messages.refused, 0);
    });

    test('a record that is refused again and again is set aside, counted, and told of in a sentence', async (t) => {
      const { server, carrier } = await carried(t, (number) => (number === 3 ? '500 not this one' : '200 OK'));
      carrier.offer(10, 10);
      await allSettled(carrier);
      assert.deepEqual(carrier.refused, [3], 'it comes back with its batch, to be kept');
      assert.equal(carrier.shipper.status().messages.refused, 1);
      assert.ok(!server.received.includes(3) && server.received.length === 9);
      assert.match(
        carrier.log.said.join('\n'),
        /set aside in the spool: the server refused it 4 times \(500 not this one\)\./,
      );
    });

    test('a server that refuses every record refuses none for good: they are sent again until it takes something', async (t) => {
      const answered = Array.from({ length: 10 }, () => 0);
      const { carrier } = await carried(t, (number) => {
        answered[number]! += 1;
        return '500 disk full';
      });
      carrier.offer(10, 10);
      await until('it has refused them more often than one record may be', () => answered.every((times) => times >= 4));
      await until('it is said', () => /refuses every record \(500 disk full\)/.test(carrier.log.said.join('\n')));
      assert.deepEqual([carrier.settled, carrier.refused], [[], []]);
      assert.equal((await carrier.shipper.stop(0)).length, 1, 'the batch is given back');
    });

    test('with a rate, what was refused of a batch in several pieces comes back with the batch', async (t) => {
      const { carrier } = await carried(t, (number) => (number % 7 === 3 ? '500 no' : '200 OK'), {
        rate: { unit: 'lines', perSecond: 100 },
      });
      carrier.offer(20, 20);
      await allSettled(carrier);
      assert.deepEqual(carrier.refused, [3, 10, 17]);
    });

    test('what the server has not answered by the end of a stop is given back, though the server closes in order', async (t) => {
      const { carrier, server } = await carried(t, (number) => (number === 9 ? undefined : '200 OK'));
      carrier.offer(10, 10);
      await until('the others have arrived', () => server.received.length === 9);
      const left = await carrier.shipper.stop(50);
      assert.deepEqual(
        left.map(({ batch }) => batch.ends.length),
        [1],
      );
      assert.deepEqual(carrier.settled, []);
    });

    test('what the server does not take is said when the session is opened', async (t) => {
      for (const [answer, reason] of [
        ['1 rsp 14 500 no licence\n', /the server refused the session: 500 no licence/],
        ['1 rsp 24 200 OK\ncommands=eventlog\n', /takes no syslog over RELP, it offers eventlog/],
        ['220 mail ESMTP\r\n', /the server does not speak RELP as it should: what came is no RELP/],
      ] as const) {
        const server = await startStream(t, scheme, (socket) => {
          socket.on('data', () => socket.write(answer));
          socket.resume();
        });
        const carrier = carry(t, server);
        await until('the link is down', () => carrier.downs.length > 0);
        assert.match(carrier.downs[0]!.reason, reason);
      }
    });
  });
}

/** A session on a socket that takes all, and a clock whose hands are turned. */
function played() {
  const clock = createTurnedClock();
  const events = createKeptEvents();
  const sent: string[] = [];
  const socket = {
    writableLength: 0,
    write(bytes: Uint8Array, done: (error?: Error) => void) {
      sent.push(Buffer.from(bytes).toString());
      done();
    },
    destroy() {},
    end() {},
  } as unknown as TcpSocket;
  const link = linkOf(targetOf('relp', 2514), { timeout: 60_000 });
  const parts = { link, sockets: noSockets, clock, log: createKeptLog(), socket, address: '127.0.0.2:2514', events };
  const { session, take } = createRelpSession(parts);
  const { push } = createRelpParser(take.frame, 1_000_000);
  const answer = (txnr: number, text: string) => {
    push(frameRelp(txnr, 'rsp', text));
    take.pushed();
  };
  return { clock, events, sent, session, answer };
}

test('a refused record is sent again after 250 ms, 1 s and 4 s, and is set aside at its fourth refusal where others were taken', async () => {
  const { clock, events, sent, session, answer } = played();
  session.write(batchOf(['refused', 'taken']));
  answer(2, '500 no');
  answer(3, '200 OK');
  for (const [tries, wait] of [250, 1_000, 4_000].entries()) {
    await clock.turn(wait - 1);
    assert.equal(sent.length, 1 + tries);
    await clock.turn(1);
    assert.equal(sent[1 + tries], `${4 + tries} syslog 7 refused\n`);
    assert.equal(events.settledBatches, 0);
    answer(4 + tries, '500 no');
  }
  assert.deepEqual([events.settledBatches, events.refusals], [1, ['the server refused it 4 times (500 no)']]);
});

test('while the server takes nothing, what it refused is sent again every 10 s, and nothing is set aside', async () => {
  const { clock, events, sent, session, answer } = played();
  session.write(batchOf(['refused']));
  for (const [tries, wait] of [250, 1_000, 4_000, 10_000, 10_000].entries()) {
    answer(2 + tries, '500 no');
    await clock.turn(wait - 1);
    assert.equal(sent.length, 1 + tries);
    await clock.turn(1);
    assert.equal(sent.length, 2 + tries);
  }
  assert.deepEqual([events.settledBatches, events.end], [0, undefined]);
});

test('a session that is finished says close once everything was answered, and ends in order with the answer to that', () => {
  const { events, sent, session, answer } = played();
  session.write(batchOf(['one', 'two']));
  session.finish();
  answer(3, '200 OK');
  assert.equal(sent.length, 1);
  answer(2, '200 OK');
  assert.deepEqual([sent[1], events.end], ['4 close 0\n', undefined]);
  answer(4, '');
  assert.deepEqual([events.end?.orderly, events.settledBatches], [true, 1]);
});

test('answers in any order settle batches in order, and what is left holds what was not answered', () => {
  const transactions = createTransactions(LAST_TXNR - 1);
  const frames = [batchOf(['a', 'b', 'c']), batchOf(['d', 'e'])].map((batch) => transactions.begin(batch).toString());
  assert.deepEqual(frames, [
    '999999998 syslog 1 a\n999999999 syslog 1 b\n1 syslog 1 c\n',
    '2 syslog 1 d\n3 syslog 1 e\n',
  ]);
  for (const txnr of [3, 2, 999_999_999]) transactions.answer(transactions.find(txnr));
  assert.deepEqual([transactions.find(3), transactions.find(4), transactions.find(999_999_997)], [0, 0, 0]);
  assert.equal(transactions.settle().batches, 0);
  const left = transactions.left();
  assert.deepEqual(
    left.map(({ payload, ends }) => [payload.toString(), [...ends]]),
    [
      ['a\nc\n', [1, 3]],
      ['e\n', [1]],
    ],
  );
  for (const txnr of [1, 999_999_998]) transactions.answer(transactions.find(txnr));
  assert.deepEqual([transactions.outstanding(), transactions.settle()], [0, { batches: 2, refused: [] }]);
});

test('what was passed over is told of when its batch settles, and left to be tried again when the session ends first', () => {
  const transactions = createTransactions(1);
  for (const batch of [batchOf(['a', 'b']), batchOf(['c', 'd', 'e'])]) transactions.begin(batch);
  transactions.answer(1);
  transactions.refuse(4);
  transactions.giveUp(4, '500 no');
  transactions.answer(5);
  assert.deepEqual(
    transactions.left().map(({ payload }) => payload.toString()),
    ['b\n', 'c\nd\n'],
  );
  transactions.answer(2);
  transactions.answer(3);
  const { batches, refused } = transactions.settle();
  assert.equal(batches, 2);
  assert.deepEqual(
    refused.map(({ at, payload, reason }) => [at, payload.toString(), reason]),
    [[1, 'd\n', '500 no']],
  );
});
