/** A system that does not say how much memory the agent takes: /proc is hidden, or no file can be opened any more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderMetrics } from '../../agent/ops/metrics.ts';
import { PLAIN } from '../../agent/ops/paint.ts';
import type { Status } from '../../agent/ops/status.ts';
import { until } from '../harness/wait.ts';
import { startAgent, startServer } from './in-process.ts';

test('the agent tells how it is doing all the same, without that figure', async (t) => {
  t.mock.method(process.memoryUsage, 'rss', () => {
    throw Object.assign(new Error('ENOENT: no such file or directory, uv_resident_set_memory'), { code: 'ENOENT' });
  });
  const server = await startServer(t);
  const agent = startAgent(t, { target: server.url });
  await until('it answers', async () => 'agent' in (await agent.status()).json);
  const { json, text } = await agent.status();
  const status = json as Status;
  assert.equal(status.agent.memory, undefined);
  assert.equal(status.health.state, 'healthy');
  assert.match(text(PLAIN), /pid \d+\n/);
  const metrics = await renderMetrics(status);
  assert.match(metrics, /^process_cpu_seconds_total /m);
  assert.doesNotMatch(metrics, /^process_resident_memory_bytes /m);
  assert.equal(await agent.stop(), 0);
});
