import assert from 'node:assert/strict';
import { appendFileSync, existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../harness/wait.ts';
import { startAgent, startUdpServer } from './in-process.ts';

const line = (n: number) => `Jul 15 11:30:35 host app: [12][INFO] message ${n}\n`;

test('a state file that is removed under the agent is written anew, and nothing is sent twice or lost', async (t) => {
  const server = await startUdpServer(t);
  const agent = startAgent(t, { target: server.url, state: 'state' });
  const state = join(agent.folder, 'state');
  writeFileSync(agent.file, line(1));
  await until('the first record has come', () => server.messages.length === 1);
  rmSync(state, { recursive: true });
  await until('it is told and written anew', () => agent.said.some((one) => one.includes('Somebody removed')));
  await until('the state is there again', () => existsSync(join(state, 'spool.db.holder')));
  appendFileSync(agent.file, line(2));
  await until('the second record has come', () => server.messages.length === 2);
  assert.deepEqual(
    server.messages.map((message) => / at="(\d+)"/.exec(message)?.[1]),
    ['0', String(line(1).length)],
  );
  assert.equal(statSync(join(state, 'spool.db')).mode & 0o777, 0o600);
});
