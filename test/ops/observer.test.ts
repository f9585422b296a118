import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createObserver, type Lens } from '../../agent/ops/observer.ts';
import type { DestinationStatus, FileLine, Status } from '../../agent/ops/status.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { DRAINING } from './parts.ts';

/** An observer of one file, of which the test says how it stands; its lists are new ones where `change` was called. */
function watching(
  takes = 0,
  { after = 60_000, state = {} }: { after?: number; state?: Partial<DestinationStatus> } = {},
) {
  const clock = createTurnedClock();
  const [destination] = DRAINING.destinations;
  const [input] = destination!.inputs;
  let files: readonly FileLine[] = [{ ...input!.files[1]!, gen: 'a', size: 1_000, settled: 500 }];
  let lens: Lens | undefined;
  let now = state;
  let looks = 0;
  const look = (given: Lens): Status => {
    lens = given;
    looks += 1;
    clock.turn(takes);
    const destinations = [{ ...destination!, inputs: [{ ...input!, files }], ...now }];
    return { ...DRAINING, agent: { ...DRAINING.agent, now: clock.now() }, destinations };
  };
  const { close, stir, status } = createObserver({ clock, after: () => after, look });
  clock.turn(0);
  return {
    ...{ clock, close, stir, status, lens: lens! },
    looks: () => looks,
    become(change: Partial<DestinationStatus>) {
      now = { ...now, ...change };
    },
    change(change: Partial<FileLine>) {
      files = files.map((file) => ({ ...file, ...change }));
    },
  };
}

test('it looks once a second where a look takes no time', () => {
  const { clock, close, looks } = watching();
  clock.turn(10_000);
  assert.equal(looks(), 11);
  close();
  clock.turn(10_000);
  assert.equal(looks(), 11);
});

test('the longer a look takes the longer is the pause behind it, and that is ten seconds at most', () => {
  for (const [takes, pause] of [
    [4, 4_000],
    [400, 10_000],
  ] as const) {
    const { clock, looks } = watching(takes);
    clock.turn(pause - 1);
    assert.equal(looks(), 1);
    clock.turn(1);
    assert.equal(looks(), 2);
  }
});

test('its revision is another one wherever the speed of a file or the age of its bytes may be, and else stays', () => {
  const { clock, lens, change } = watching();
  const told = new Map<number, string>();
  const step = (): number => {
    clock.turn(1_000);
    const says = JSON.stringify([lens.speed('syslog', 'a'), lens.since('a', 999), lens.since('a', 1_999)]);
    assert.equal(told.get(lens.revision()) ?? says, says);
    told.set(lens.revision(), says);
    return lens.revision();
  };
  const rest = step();
  assert.equal(step(), rest);
  change({ settled: 900 });
  assert.notEqual(step(), rest);
  assert.ok(lens.speed('syslog', 'a') > 0);
  for (let seconds = 0; seconds < 12; seconds += 1) step();
  assert.equal(lens.speed('syslog', 'a'), 0);
  const still = step();
  assert.equal(step(), still);
  change({ size: 2_000 });
  assert.notEqual(step(), still);
  assert.notEqual(lens.since('a', 1_999), undefined);
});

/** A destination to which nothing is to be sent, with what its input has sent. */
function restful(acked: number): Partial<DestinationStatus> {
  const NONE = { lines: 0, bytes: 0 };
  const [{ inputs, spool, ledger }] = DRAINING.destinations as [DestinationStatus];
  const books = { ...ledger, acked: { lines: acked, bytes: 100 * acked }, underway: NONE, spool: NONE };
  return {
    ...{ rate: NONE, underway: NONE, spool: { ...spool, rows: 0, lines: 0, bytes: 0 } },
    inputs: inputs.map((input) => ({ ...input, files: [], behind: 0, ledger: books })),
  };
}

test('while nothing waits and nothing moves it looks every ten seconds, and a second after something stirs', () => {
  const { clock, stir, looks } = watching(0, { state: restful(0) });
  clock.turn(20_000);
  assert.equal(looks(), 3);
  clock.turn(4_000);
  stir();
  stir();
  clock.turn(999);
  assert.equal(looks(), 3);
  clock.turn(1);
  assert.equal(looks(), 4);
});

test('a rest counts neither as time in which something could have been sent, nor as time in which it waited', () => {
  const { clock, stir, status, lens, become } = watching(0, { after: 2_000, state: restful(0) });
  clock.turn(19_000);
  stir();
  const behind = restful(0).inputs!.map((input) => ({ ...input, behind: 100 }));
  become({ inputs: behind });
  assert.notEqual(lens.health(status()).state, 'unhealthy');
  become({ ...restful(50), rate: { lines: 5, bytes: 500 } });
  clock.turn(1_000);
  assert.equal(lens.rate('syslog').lines, 5);
  clock.turn(9_000);
  assert.equal(lens.rate('syslog').lines, 5);
});
