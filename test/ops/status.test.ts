import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { ledgerHolds, type Status, sumOf } from '../../agent/ops/status.ts';
import { renderStatus } from '../../agent/ops/statustext.ts';
import { DRAINING, LEDGER } from './parts.ts';

test('the ledger holds exactly when read is the sum of all that became of it, in lines and in bytes', () => {
  assert.equal(ledgerHolds(LEDGER), true);
  const part = fc.record({ lines: fc.nat(1e6), bytes: fc.nat(1e9) });
  const parts = fc.record({
    acked: part,
    filtered: part,
    spool: part,
    underway: part,
    repeated: part,
    a: part,
    b: part,
  });
  fc.assert(
    fc.property(parts, fc.integer({ min: -2, max: 2 }), fc.integer({ min: -2, max: 2 }), (given, lines, bytes) => {
      const { a, b, ...rest } = given;
      const all = [given.acked, given.filtered, given.spool, given.underway, a, b];
      const read = {
        lines: all.reduce((sum, one) => sum + one.lines, lines),
        bytes: all.reduce((sum, one) => sum + one.bytes, bytes),
      };
      return ledgerHolds({ ...rest, read, dropped: { a, b } }) === (lines === 0 && bytes === 0);
    }),
  );
});

test('a draining agent is rendered so that it can be read at night', () => {
  const text = renderStatus({ ...DRAINING, errors: [] });
  assert.equal(
    text,
    `tailship 1.2.3  HEALTHY  running for 3h 12m, pid 4711, 96MiB of memory, 0.1% of a core
/etc/tailship/config.conf

  LOST  input: 512B truncated before they were read

syslog  DRAINING  tcp://logs.example.com:514, link up for 12s
  spool      1,204 lines in 12 batches, 120.6KiB, oldest 4m 12s, empty in about 3s, disk 1MiB of
             1GiB
  refused    3 lines by the server, kept in the spool: tailship spool retry, or drop --refused
  under way  100 lines, 9.8KiB
  speed      400 lines/s, 39.1KiB/s acknowledged by the server's TCP
  sent       12,107 records since the start, 7 of them a second time; the server refused 3

  input input  64KiB behind, oldest line 5s, 10 lines/s read, 4 did not match the pattern
    /var/log/app/app.log-20261122  renamed  1.9MiB  all settled
      a1b2c3d4e5f6g7h8
    /var/log/app/app.log           live     128KiB  64KiB behind  oldest 5s  39.1KiB/s
      b1b2c3d4e5f6g7h8 · created after a rotation
    12,345 lines read = 11,000 acked + 1,204 in the spool + 100 under way + 21 filtered + 20 dropped
    (unmatched)
    7 lines sent again after a broken link
`,
  );
});

test('a link that is down says why and when it is tried again', () => {
  const [destination] = DRAINING.destinations;
  const link = {
    ...destination!.link,
    state: 'down',
    problem: 'connection refused',
    nextTry: DRAINING.agent.now + 8_000,
  } as const;
  const text = renderStatus({ ...DRAINING, destinations: [{ ...destination!, state: 'spooling', link }] });
  assert.match(text, /^syslog {2}SPOOLING {2}tcp:\/\/logs\.example\.com:514, link down for 12s$/m);
  assert.match(text, /^ {2}problem {4}connection refused\n {2}next try {3}in 8s$/m);
});

test('servers that share the work are shown each with its state', () => {
  const [destination] = DRAINING.destinations;
  const { servers: _, ...up } = destination!.link;
  const problem = 'connection refused';
  const down = { ...up, target: 'tcp://b:514', state: 'down', problem, nextTry: DRAINING.agent.now + 3_000 } as const;
  const link = { ...destination!.link, servers: [up, down] };
  const text = renderStatus({ ...DRAINING, destinations: [{ ...destination!, link }] });
  assert.match(text, /^ {2}server {5}tcp:\/\/logs\.example\.com:514, up for 12s$/m);
  assert.match(text, /^ {2}server {5}tcp:\/\/b:514, down for 12s, next try in 3s: connection refused$/m);
});

test('the last errors are shown with their time and how often they were said', () => {
  assert.match(renderStatus(DRAINING), /^ {2}\d\d:59:00 WARN {2}The server is away\. \[server-away\] {2}\(3 times\)$/m);
});

test('an error of days ago is shown with its date', () => {
  const errors = [{ ...DRAINING.errors[0]!, at: DRAINING.agent.now - 3 * 86_400_000 }];
  assert.match(renderStatus({ ...DRAINING, errors }), /^ {2}2026-11-20 \d\d:00:00 WARN {2}The server is away\./m);
});

test('records that the server refused are told of with the cure', () => {
  assert.match(
    renderStatus(DRAINING),
    /^ {2}refused {4}3 lines by the server, kept in the spool: tailship spool retry/m,
  );
});

test('a ledger that does not close is not passed over in silence', () => {
  const [destination] = DRAINING.destinations;
  const [input] = destination!.inputs;
  const ledger = { ...LEDGER, acked: { lines: 10_999, bytes: 1_099_900 } };
  const text = renderStatus({ ...DRAINING, destinations: [{ ...destination!, inputs: [{ ...input!, ledger }] }] });
  assert.match(text, /THE SUM DOES NOT CLOSE/);
});

test('a file name with control characters cannot reach the terminal', () => {
  const [destination] = DRAINING.destinations;
  const [input] = destination!.inputs;
  const files = [{ ...input!.files[0]!, path: '/var/log/\x1b[31m.log' }];
  const text = renderStatus({ ...DRAINING, destinations: [{ ...destination!, inputs: [{ ...input!, files }] }] });
  assert.doesNotMatch(text, /\x1b/);
});

/** An agent in trouble of every kind, with names that are long. */
function troubled(): Status {
  const [destination] = DRAINING.destinations;
  const [input] = destination!.inputs;
  const deep = `/srv/${'applications/'.repeat(4)}live.log`;
  const barred = { gen: '-', state: 'unreadable', size: 0, note: `${deep} cannot be read (EACCES)` };
  const files = [...input!.files, { ...input!.files[0]!, path: deep, chain: deep, ...barred }];
  const link = { ...destination!.link, state: 'down', problem: `refused ${'again and '.repeat(20)}again` } as const;
  return {
    ...DRAINING,
    health: { state: 'unhealthy', reasons: [`syslog: 64KiB wait in the files, ${'and nothing moves, '.repeat(9)}.`] },
    destinations: [
      { ...destination!, name: 'well', state: 'live' },
      { ...destination!, state: 'spooling', link, inputs: [input!, { ...input!, name: 'other', files }] },
    ],
    orphaned: [{ name: 'old', spool: destination!.spool }],
    errors: [{ ...DRAINING.errors[0]!, sentence: `The server ${'is away and '.repeat(12)}silent.` }],
  };
}

test('no line of the text is wider than it may be, and what is broken stays in its column', () => {
  for (const wide of [100, 80]) {
    const lines = renderStatus(troubled(), { wide, colour: false }).split('\n');
    assert.deepEqual(
      lines.filter((line) => line.length > wide),
      [],
    );
  }
  const text = renderStatus(troubled());
  assert.match(text, /^ {2}problem {4}refused again and .*\n {13}\S/m);
  assert.match(text, /^ {4}\/srv\/applications\/.*live\.log\n {6}unreadable\n {6}\/srv.* cannot be read/m);
});

test('trouble comes first: health in words, then losses, then the destination that is not well', () => {
  const text = renderStatus(troubled());
  const at = [
    'UNHEALTHY',
    '  ! syslog: 64KiB wait',
    '  LOST  input',
    '\nsyslog  SPOOLING',
    '\nwell  LIVE',
    'Last warn',
  ];
  const places = at.map((word) => text.indexOf(word));
  assert.ok(places.every((place) => place >= 0));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
});

test('colours change no character of the text, and a destination with several inputs has its sum', () => {
  const painted = renderStatus(troubled(), { wide: 100, colour: true });
  assert.match(painted, /\x1b\[31;1mUNHEALTHY\x1b\[0m/);
  assert.equal(stripVTControlCharacters(painted), renderStatus(troubled()));
  assert.match(renderStatus(troubled()), /^ {2}in all {5}12,345 lines read = /m);
});

test('of very many files those that are most behind are shown, in their own order', () => {
  const [destination] = DRAINING.destinations;
  const [input] = destination!.inputs;
  const files = Array.from({ length: 500 }, (_, i) => ({
    ...input!.files[0]!,
    path: `/var/log/${i}.log`,
    behind: i === 7 || i === 400 ? 100 : 0,
  }));
  const text = renderStatus({ ...DRAINING, destinations: [{ ...destination!, inputs: [{ ...input!, files }] }] });
  assert.match(text, /\/7\.log.*\/400\.log/s);
  assert.match(text, /^ {4}and 480 more files, none of them further behind; --json has all$/m);
  assert.ok(text.split('\n').length < 70);
});

test('the sum over inputs is a ledger that holds', () => {
  const part = fc.record({ lines: fc.nat(1e6), bytes: fc.nat(1e9) });
  const ledger = fc
    .record({
      acked: part,
      filtered: part,
      spool: part,
      underway: part,
      repeated: part,
      dropped: fc.dictionary(fc.constantFrom('a', 'b', 'c'), part),
    })
    .map((given) => {
      const all = [given.acked, given.filtered, given.spool, given.underway, ...Object.values(given.dropped)];
      const sum = (unit: 'lines' | 'bytes') => all.reduce((total, one) => total + one[unit], 0);
      return { ...given, read: { lines: sum('lines'), bytes: sum('bytes') } };
    });
  fc.assert(
    fc.property(fc.array(ledger), (ledgers) => {
      const total = sumOf(ledgers);
      const repeated = ledgers.reduce((sum, one) => sum + one.repeated.bytes, 0);
      return ledgerHolds(total) && total.repeated.bytes === repeated;
    }),
  );
});
