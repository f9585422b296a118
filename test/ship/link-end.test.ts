import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { createScene } from './link-scene.ts';
import { breathe } from './parts.ts';

test('stop ends attempts, delays and lookups at once, and leaves a session that stands to its owner', async (t) => {
  const waiting = createScene(t, () => 'silent');
  waiting.link.start();
  await breathe();
  waiting.link.stop();
  await breathe();
  assert.equal(waiting.connections[0]?.destroyed, true);
  assert.deepEqual(waiting.told, []);
  t.mock.timers.reset();
  t.mock.restoreAll();
  const standing = createScene(t, () => 'connected');
  standing.link.start();
  await breathe();
  standing.link.stop();
  await breathe();
  assert.equal(standing.connections[0]?.destroyed, false);
  standing.connections[0]!.fail('ECONNRESET');
  await breathe();
  assert.deepEqual(standing.told, ['up 192.0.2.1:514', 'closed: the server reset the connection']);
  assert.equal(standing.tried.length, 1);
});

test('a lookup that ends after stop leads nowhere', async (t) => {
  const { promise, resolve } = Promise.withResolvers<{ address: string; family: number }[]>();
  const { link, told, tried } = createScene(t, () => 'connected', { lookup: () => promise });
  link.start();
  await breathe();
  link.stop();
  resolve([{ address: '192.0.2.1', family: 4 }]);
  await breathe();
  assert.deepEqual([told, tried], [[], []]);
});

test('a defect in a listener is not retried but comes out and ends the process', () => {
  const program = `
    import { createLink } from ${JSON.stringify(new URL('../../agent/ship/link.ts', import.meta.url).href)};
    import { createKeptLog, createTurnedClock, linkOf, noSockets, targetOf } from ${JSON.stringify(new URL('./parts.ts', import.meta.url).href)};
    const events = { probe: () => undefined, failed() { throw new Error('a defect above'); } };
    const link = linkOf(targetOf('tcp', 514));
    const parts = { link, sockets: noSockets, clock: createTurnedClock(), log: createKeptLog(), events };
    createLink({ ...parts, retry: { least: 1, ceiling: 1 } }).start();
    setTimeout(() => process.exit(0), 10_000);
  `;
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  assert.equal(ended.status, 1);
  assert.match(ended.stderr, /Error: a defect above/);
});
