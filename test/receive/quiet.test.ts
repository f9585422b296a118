import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turnLoop } from 'node:timers/promises';
import { untilQuiet } from '../../agent/receive/quiet.ts';
import { createTurnedClock } from '../harness/clock.ts';

/** Waits with a clock that the test turns; `over` is set when the wait is. */
function wait() {
  const clock = createTurnedClock();
  const state = { last: 0, over: false, ended: false };
  const done = untilQuiet({ clock, quiet: 50, grace: 1000, last: () => state.last, over: () => state.ended });
  void done.then(() => {
    state.over = true;
  });
  async function turn(ms: number): Promise<boolean> {
    for (let i = 0; i < 4; i += 1) await turnLoop();
    clock.turn(ms);
    for (let i = 0; i < 4; i += 1) await turnLoop();
    return state.over;
  }
  return { clock, state, turn };
}

test('it waits until nothing has come for a while', async () => {
  const { clock, state, turn } = wait();
  assert.equal(await turn(25), false);
  state.last = clock.ticks();
  assert.equal(await turn(25), false);
  assert.equal(await turn(25), true);
});

test('it waits no longer than its grace, whatever comes', async () => {
  const { clock, state, turn } = wait();
  for (let passed = 25; passed < 1000; passed += 25) {
    assert.equal(await turn(25), false);
    state.last = clock.ticks();
  }
  assert.equal(await turn(25), true);
});

test('it does not wait where there is nobody to wait for', async () => {
  const { state, turn } = wait();
  state.ended = true;
  assert.equal(await turn(0), true);
});
