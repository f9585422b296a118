import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followBacklog } from '../../agent/backlog.ts';
import type { Status } from '../../agent/ops/status.ts';
import { DRAINING } from '../ops/parts.ts';

const MIB = 2 ** 20;
const none = { lines: 0, bytes: 0 };

type Look = { age: number; acked: number; behind: number; spool?: number; link?: 'up' | 'down' };

function look({ age, acked, behind, spool = 0, link = 'up' }: Look): Status {
  const [one] = DRAINING.destinations;
  const ledger = { ...one!.ledger, acked: { lines: 1, bytes: acked }, filtered: none, dropped: {} };
  const destination = {
    ...{ ...one!, ledger, link: { ...one!.link, state: link } },
    spool: { ...one!.spool, bytes: spool },
    inputs: [{ ...one!.inputs[0]!, behind }],
  };
  return { ...DRAINING, agent: { ...DRAINING.agent, started: DRAINING.agent.now - age }, destinations: [destination] };
}

function follow(once: boolean, long = true) {
  const told: [share: number, bytes: number][] = [];
  const said: string[] = [];
  let ended = 0;
  const progress = {
    sink: { write: () => true },
    tell: (share: number, bytes: number) => void told.push([share, bytes]),
    end() {
      ended += 1;
      return long;
    },
  };
  return { see: followBacklog(progress, once, (sentence) => said.push(sentence)), told, said, ended: () => ended };
}

test('the backlog is what waits in files and spool, and what was acknowledged since the start is done of it', () => {
  const { see, told, said, ended } = follow(false);
  see(look({ age: 0, acked: 5000 * MIB, behind: 60 * MIB, spool: 40 * MIB }));
  see(look({ age: 10_000, acked: 5025 * MIB, behind: 60 * MIB, spool: 15 * MIB }));
  see(look({ age: 20_000, acked: 5050 * MIB, behind: 50 * MIB }));
  assert.deepEqual(told, [
    [0, 0],
    [0.25, 25 * MIB],
    [0.5, 50 * MIB],
  ]);
  see(look({ age: 40_000, acked: 5100 * MIB, behind: 1000 }));
  assert.deepEqual([said, ended()], [['What waited at the start is shipped: 100MiB in 40s.'], 1]);
  see(look({ age: 50_000, acked: 5100 * MIB, behind: 500 * MIB }));
  assert.equal(told.length, 3);
});

test('files that are not known yet do not end it, and where there was none nothing is said', () => {
  const { see, told, said, ended } = follow(false, false);
  see(look({ age: 0, acked: 0, behind: 0 }));
  assert.equal(ended(), 0);
  see(look({ age: 4_000, acked: 0, behind: 0 }));
  assert.deepEqual([told, said, ended()], [[], [], 1]);
});

test('a server that is away holds no bar up: its rows wait in the spool', () => {
  const { see, told, ended } = follow(false);
  see(look({ age: 0, acked: 0, behind: 50 * MIB, link: 'down' }));
  see(look({ age: 4_000, acked: 0, behind: 20 * MIB, spool: 30 * MIB, link: 'down' }));
  assert.deepEqual([told, ended()], [[], 0]);
  see(look({ age: 8_000, acked: 0, behind: 0, spool: 50 * MIB, link: 'down' }));
  assert.equal(ended(), 1);
});

test('with --once the spool counts although its server is away, and it is followed to the end', () => {
  const { see, told, ended } = follow(true);
  see(look({ age: 0, acked: 0, behind: 10 * MIB }));
  see(look({ age: 8_000, acked: 5 * MIB, behind: 0, spool: 5 * MIB, link: 'down' }));
  see(look({ age: 9_000, acked: 10 * MIB, behind: 0 }));
  assert.deepEqual(
    told.map(([share]) => share),
    [0, 0.5, 1],
  );
  assert.equal(ended(), 0);
});
