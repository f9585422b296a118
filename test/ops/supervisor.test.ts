import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSupervisor, type SupervisorParts } from '../../agent/ops/supervisor.ts';
import type { Code } from '../../agent/wire/codes.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { toldLog } from '../harness/log.ts';

const PID = 4711;
/** systemd wants a sign of life every 40 s. */
const ASKED = { NOTIFY_SOCKET: '/run/systemd/notify', WATCHDOG_USEC: '40000000', WATCHDOG_PID: String(PID) };
const LOOK = { words: 'live, 0B behind', stalled: false };

function play({ env = ASKED, send }: { env?: SupervisorParts['env']; send?: SupervisorParts['send'] } = {}) {
  const clock = createTurnedClock();
  const sent: string[] = [];
  const warned: (Code | undefined)[] = [];
  const supervisor = createSupervisor({
    ...{ env, pid: PID, clock, monotonic: () => 123_456n },
    log: toldLog((_level, _sentence, code) => void warned.push(code)),
    send:
      send ??
      (async (assignments) => {
        sent.push(assignments.join(' '));
      }),
  })!;
  /** So many seconds in each of which the loop turns. */
  async function run(seconds: number, { turning = true, connecting = false } = {}): Promise<string[]> {
    for (let second = 0; second < seconds; second++) {
      if (turning) supervisor.round(connecting);
      clock.turn(1_000);
    }
    await new Promise(setImmediate);
    return sent.splice(0);
  }
  return { supervisor, run, warned };
}

test('without NOTIFY_SOCKET nobody is told anything', () => {
  assert.equal(play({ env: {} }).supervisor, undefined);
});

test('READY comes once, and not before every link has had an outcome', async () => {
  const { run } = play({ env: { NOTIFY_SOCKET: '/n' } });
  assert.deepEqual(await run(9, { connecting: true }), []);
  assert.deepEqual(await run(30), ['READY=1']);
});

test('a server that answers to nobody does not hold READY back for ever', async () => {
  assert.deepEqual(await play({ env: { NOTIFY_SOCKET: '/n' } }).run(11, { connecting: true }), ['READY=1']);
});

test('there are signs of life four times within the time asked for, from READY on', async () => {
  const { run } = play();
  assert.deepEqual(await run(41), ['READY=1', 'WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1']);
});

test('a loop that does not turn any more gives no sign of life', async () => {
  const { run } = play();
  await run(15);
  assert.equal((await run(20, { turning: false })).length, 2, 'half of the time is granted to a round');
  assert.deepEqual(await run(600, { turning: false }), []);
});

test('an agent that stands still for no reason gives no sign of life, and one again when it moves', async () => {
  const { supervisor, run } = play();
  await run(1);
  supervisor.seen({ ...LOOK, stalled: true });
  assert.deepEqual(await run(600), [`STATUS=${LOOK.words}`]);
  supervisor.seen(LOOK);
  assert.deepEqual(await run(1), ['WATCHDOG=1']);
  supervisor.seen({ ...LOOK, stalled: true });
  supervisor.seen(undefined);
  assert.equal((await run(20)).length, 2, 'a state that cannot be read is no standstill');
});

test('no sign of life is given where systemd wants none, or wants it of another process', async () => {
  for (const env of [
    { NOTIFY_SOCKET: '/n' },
    { ...ASKED, WATCHDOG_PID: '1' },
    { ...ASKED, WATCHDOG_USEC: '0' },
    { ...ASKED, WATCHDOG_USEC: 'x' },
  ])
    assert.deepEqual(await play({ env }).run(100), ['READY=1']);
});

test('the status is told when it changes, and not more often than every five seconds', async () => {
  const { supervisor, run } = play({ env: { NOTIFY_SOCKET: '/n' } });
  supervisor.seen(LOOK);
  assert.deepEqual(await run(10), ['READY=1 STATUS=live, 0B behind']);
  const told: string[] = [];
  for (let n = 1; n <= 12; n++) {
    supervisor.seen({ words: `live, ${n}B\nbehind`, stalled: false });
    told.push(...(await run(1)));
  }
  assert.deepEqual(told, ['STATUS=live, 1B behind', 'STATUS=live, 6B behind', 'STATUS=live, 11B behind']);
});

test('a reload is RELOADING with its time, and READY once it was answered and the new links have had an outcome', async () => {
  const { supervisor, run } = play({ env: { NOTIFY_SOCKET: '/n' } });
  await run(20);
  supervisor.reloading();
  assert.deepEqual(await run(20), ['RELOADING=1 MONOTONIC_USEC=123456']);
  supervisor.answered();
  assert.deepEqual(await run(5, { connecting: true }), []);
  assert.deepEqual(await run(5), ['READY=1']);
});

test('STOPPING is the last word', async () => {
  const { supervisor, run } = play();
  await run(2);
  supervisor.stopping();
  assert.deepEqual(await run(100), ['STOPPING=1 STATUS=Stopping: what is under way is delivered or spooled.']);
});

test('a manager that cannot be told is a warning, and the next word is tried all the same', async () => {
  let tries = 0;
  const { run, warned } = play({
    send: async () => {
      tries++;
      throw new Error('there is no program systemd-notify');
    },
  });
  await run(41);
  assert.equal(tries, 5);
  assert.deepEqual(new Set(warned), new Set(['manager-deaf']));
});
