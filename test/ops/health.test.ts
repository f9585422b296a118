import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthOf, type Progress, progressAfter, stalls } from '../../agent/ops/health.ts';
import type { DestinationStatus, FileLine, Status } from '../../agent/ops/status.ts';
import { DRAINING, LEDGER } from './parts.ts';

const AFTER = 60_000;
const [given] = DRAINING.destinations;
const [input] = given!.inputs;
const NONE = { lines: 0, bytes: 0 };
const EMPTY_SPOOL = { rows: 0, lines: 0, bytes: 0, oldest: undefined };
const ROWS = { rows: 3, lines: 30, bytes: 3_000, oldest: DRAINING.agent.now - 1_000 };
const AWAY = { ...given!.link, state: 'down', problem: 'connection refused' } as const;

type Scene = {
  readonly behind?: number;
  readonly acked?: number;
  readonly settled?: number;
  readonly spool?: DestinationStatus['spool'];
  readonly link?: DestinationStatus['link'];
  readonly state?: DestinationStatus['state'];
  readonly name?: string;
  readonly file?: Partial<FileLine>;
  readonly underway?: number;
  readonly disk?: string;
  readonly full?: boolean;
};

/** A destination of which only that is said which matters. */
function destination(scene: Scene): DestinationStatus {
  const { behind = 0, acked = 0, settled = acked, underway = 0 } = scene;
  const bytes = (n: number) => ({ lines: n, bytes: n });
  const ledger = {
    ...LEDGER,
    read: bytes(settled + underway),
    acked: bytes(acked),
    underway: bytes(underway),
    dropped: {},
  };
  const files = [{ ...input!.files[1]!, behind, settled, ...scene.file }];
  return {
    ...given!,
    name: scene.name ?? 'syslog',
    state: scene.state ?? 'live',
    link: scene.link ?? given!.link,
    disk: scene.disk,
    full: scene.full ?? false,
    underway: underway > 0 ? bytes(underway) : NONE,
    spool: scene.spool ?? EMPTY_SPOOL,
    inputs: [{ ...input!, ledger, behind, files }],
  };
}

/** Plays looks one after the other, each at a second on the clock, and gives the last verdict. */
function play(looks: readonly (readonly [second: number, ...scenes: Scene[]])[], disk: Status['disk'] = DRAINING.disk) {
  let progress: Progress = new Map();
  let verdict: Status['health'] | undefined;
  for (const [second, ...scenes] of looks) {
    const seen = { agent: DRAINING.agent, disk, destinations: scenes.map(destination) };
    progress = progressAfter(progress, seen, second * 1000);
    verdict = healthOf(progress, seen, second * 1000, AFTER);
  }
  return verdict!;
}

test('idle is healthy, for however long', () => {
  assert.deepEqual(
    play([
      [0, {}],
      [100_000, {}],
    ]),
    { state: 'healthy', reasons: [] },
  );
});

test('data that waits while nothing is settled is unhealthy after health_after, and not a moment earlier', () => {
  const waiting = { behind: 500, acked: 10 };
  assert.equal(
    play([
      [0, waiting],
      [59, waiting],
    ]).state,
    'healthy',
  );
  const ill = play([
    [0, waiting],
    [60, waiting],
  ]);
  assert.equal(ill.state, 'unhealthy');
  assert.match(ill.reasons[0]!, /^syslog: 500B wait in the files, and nothing was settled for 1m\.$/);
});

test('as long as anything is settled it is healthy, although ever more waits', () => {
  const looks = Array.from({ length: 50 }, (_, i) => [i * 59, { behind: 1000 * i, acked: i }] as const);
  assert.equal(play(looks).state, 'healthy');
  const last = { behind: 1000 * 49, acked: 49 };
  assert.equal(play([...looks, [49 * 59 + 60, last]]).state, 'unhealthy');
  assert.equal(play([...looks, [49 * 59 + 60, last], [49 * 59 + 61, { ...last, acked: 50 }]]).state, 'healthy');
});

test('data that comes after a long rest has health_after from then on', () => {
  assert.equal(
    play([
      [0, {}],
      [10_000, {}],
      [10_001, { behind: 5 }],
      [10_060, { behind: 5 }],
    ]).state,
    'healthy',
  );
  assert.equal(
    play([
      [0, {}],
      [10_000, {}],
      [10_001, { behind: 5 }],
      [10_061, { behind: 5 }],
    ]).state,
    'unhealthy',
  );
});

test('what is sent and never acknowledged waits too', () => {
  const ill = play([
    [0, { underway: 300 }],
    [60, { underway: 300 }],
  ]);
  assert.equal(ill.state, 'unhealthy');
  assert.match(ill.reasons[0]!, /300B are sent and not acknowledged, and nothing was settled for 1m/);
});

test('a dead server with room in the spool is degraded, not dead', () => {
  const scene = { link: AWAY, state: 'spooling', spool: ROWS } as const;
  const verdict = play([
    [0, scene],
    [7_200, scene],
  ]);
  assert.equal(verdict.state, 'degraded');
  assert.match(
    verdict.reasons[0]!,
    /^syslog: tcp:\/\/logs\.example\.com:514 is away for .*\(connection refused\); the spool takes what comes\.$/,
  );
});

test('while a full spool makes the files wait, nobody says that it takes what comes', () => {
  const { state, reasons } = play([[0, { link: AWAY, state: 'spooling', spool: ROWS, behind: 99, full: true }]]);
  assert.equal(state, 'degraded');
  assert.match(reasons[0]!, /is away for .*\(connection refused\); the spool is full, and the files wait\.$/);
});

test('a disk that refuses is the reason that is told, while things go on and when nothing moves any more', () => {
  const disk = 'Cannot spool into /spool.db: the disk is read-only. (EROFS)';
  const going = play([[0, { disk }]]);
  assert.deepEqual(going, { state: 'degraded', reasons: [`syslog: ${disk}.`] });
  const stuck = { disk, behind: 99 };
  const { state, reasons } = play([
    [0, stuck],
    [100, stuck],
  ]);
  assert.equal(state, 'unhealthy');
  assert.equal(reasons[0], `syslog: 99B wait in the files, and nothing was settled for 1m 40s: ${disk}.`);
});

test('of several servers that share the work one that is away is degraded, and named', () => {
  const up = { ...given!.link, target: 'tcp://a:514' };
  const link = { ...given!.link, servers: [up, { ...AWAY, target: 'tcp://b:514' }] };
  const { state, reasons } = play([[0, { link }]]);
  assert.equal(state, 'degraded');
  assert.deepEqual(reasons, ['syslog: tcp://b:514 is away (connection refused); the others take its share.']);
});

test('a dead server and a spool that takes no more is unhealthy, and says both', () => {
  const scene = { link: AWAY, state: 'spooling', spool: ROWS, behind: 99 } as const;
  const verdict = play([
    [0, scene],
    [61, scene],
  ]);
  assert.equal(verdict.state, 'unhealthy');
  assert.match(verdict.reasons[0]!, /is away \(connection refused\), and the spool takes no more\.$/);
});

test('a spool that does not drain although the server is there is unhealthy; one that drains is not', () => {
  const stuck = { state: 'draining', spool: ROWS } as const;
  assert.equal(
    play([
      [0, stuck],
      [60, stuck],
    ]).state,
    'unhealthy',
  );
  assert.equal(
    play([
      [0, stuck],
      [60, { ...stuck, acked: 1, settled: 0 }],
    ]).state,
    'healthy',
  );
});

test('a spool that has been draining for long is degraded until it is empty', () => {
  const old = { ...ROWS, oldest: DRAINING.agent.now - AFTER };
  const verdict = play([[0, { state: 'draining', spool: old }]]);
  assert.equal(verdict.state, 'degraded');
  assert.match(verdict.reasons[0]!, /^syslog: the spool drains: 2\.9KiB left, oldest 1m\.$/);
});

test('a destination halted by a fault is unhealthy as soon as something waits for it', () => {
  assert.equal(play([[0, { state: 'halted' }]]).state, 'degraded');
  const verdict = play([[0, { state: 'halted', behind: 1 }]]);
  assert.equal(verdict.state, 'unhealthy');
  assert.match(verdict.reasons[0]!, /start the agent again/);
});

test('one destination that stands still is not hidden by another one that moves', () => {
  const still = { name: 'a', behind: 1 };
  const verdict = play([
    [0, still, { name: 'b', behind: 1, acked: 1 }],
    [60, still, { name: 'b', behind: 1, acked: 2 }],
  ]);
  assert.equal(verdict.state, 'unhealthy');
  assert.match(verdict.reasons[0]!, /^a: /);
});

test('a file that cannot be read and a spool that is nearly full are told while the rest goes on', () => {
  const file = { state: 'unreadable', path: '/var/log/x', note: 'EACCES' };
  assert.match(play([[0, { file }]]).reasons[0]!, /\/var\/log\/x cannot be read: EACCES/);
  const verdict = play([[0, { spool: ROWS, acked: 1 }]], { used: 95, limit: 100 });
  assert.match(verdict.reasons[0]!, /nearly full: 95B of 100B/);
});

test('bytes that are passed over without becoming lines are progress', () => {
  const at = (settled: number) => ({ behind: 10, acked: 1, settled: 1, file: { settled } });
  assert.equal(
    play([
      [0, at(1)],
      [59, at(2)],
      [110, at(2)],
    ]).state,
    'healthy',
  );
});

/** Whether the agent hangs after a minute of the same. */
function stallsAfterAMinute(
  scene: Scene,
  { errors = [], second = 60 }: { errors?: Status['errors']; second?: number } = {},
) {
  const seen = { agent: DRAINING.agent, disk: DRAINING.disk, destinations: [destination(scene)], errors };
  const progress = progressAfter(progressAfter(new Map(), seen, 0), seen, second * 1000);
  return stalls(progress, seen, second * 1000, AFTER);
}

test('lines that wait while the server is there, nothing is under way and no error was told are a hang', () => {
  assert.equal(stallsAfterAMinute({ behind: 500 }), true);
  assert.equal(stallsAfterAMinute({ behind: 500 }, { second: 59 }), false);
});

test('no outage is a hang: a server that is away or does not answer, a full spool, a disk that refuses, a fault that was told', () => {
  assert.equal(stallsAfterAMinute({ behind: 500, link: AWAY, state: 'spooling', spool: ROWS }), false);
  assert.equal(stallsAfterAMinute({ behind: 500, underway: 300 }), false);
  assert.equal(stallsAfterAMinute({ behind: 500, state: 'draining', spool: ROWS }), false);
  assert.equal(stallsAfterAMinute({ behind: 500, state: 'halted' }), false);
  assert.equal(stallsAfterAMinute({}), false);
  const told = {
    at: DRAINING.agent.now - AFTER + 1,
    level: 'error',
    code: 'disk-full',
    sentence: 'full',
    times: 9,
  } as const;
  assert.equal(stallsAfterAMinute({ behind: 500 }, { errors: [told] }), false);
  assert.equal(stallsAfterAMinute({ behind: 500 }, { errors: [{ ...told, at: DRAINING.agent.now - AFTER }] }), true);
});
