import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ledgerHolds } from '../../agent/ops/status.ts';
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
    `tailship 1.2.3  running for 3h 12m, pid 4711, /etc/tailship/config.conf

syslog  DRAINING  tcp://logs.example.com:514, link up for 12s
  spool      1,204 lines in 12 batches, 120.6KiB, oldest 4m 12s
  refused    3 lines by the server, kept in the spool: tailship spool retry, or drop --refused
  under way  100 lines, 9.8KiB

  input input
    /var/log/app/app.log-20261122  renamed  1.9MiB  all settled
    /var/log/app/app.log           live     128KiB  64KiB behind  created after a rotation
    12,345 lines read = 11,000 acked + 1,204 in the spool + 100 under way + 21 filtered + 20 dropped (unmatched)
    7 lines sent again after a broken link

LOST  input: 512B truncated before they were read
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
