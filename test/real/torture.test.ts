/** Small versions of `scripts/torture`: what tailship must lose nothing in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsParts } from '../harness/system.ts';
import { type Scale, torture } from '../torture/cases.ts';

const SMALL: Scale = { lines: 4_000, serverKills: 2, kills: 5, away: 20_000, grace: 5_000, quiet: 4_000 };

test('over TCP nothing is lost when a server that reads slower than the stream is killed with unread bytes in its socket', async (t) => {
  const { written, lost, repeated } = await torture('slow-server', 'tailship', 'tcp', SMALL);
  t.diagnostic(`${written} lines, ${repeated} came twice`);
  assert.equal(lost, 0);
});

test('over TCP nothing is lost when a slow server stalls with its window shut and is killed', async () => {
  const { lost } = await torture('shut-window', 'tailship', 'tcp', SMALL);
  assert.equal(lost, 0);
});

test(
  'nothing is lost when rotated files are deleted while the server is away and the agent is killed meanwhile',
  needsParts('rsyslog'),
  async (t) => {
    const { written, lost, repeated } = await torture('outage', 'tailship', 'tcp', SMALL);
    t.diagnostic(`${written} lines, ${repeated} came twice`);
    assert.equal(lost, 0);
  },
);
