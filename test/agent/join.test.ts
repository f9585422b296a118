import assert from 'node:assert/strict';
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { until } from '../harness/wait.ts';
import { type StartedAgent, startAgent, startServer } from './in-process.ts';

const line = (text: string) => `Jul 15 11:30:35 host app: [12][ERROR] ${text}\n`;

const msgOf = (message: string) => (JSON.parse(message.slice(message.indexOf('{'))) as { MSG: string }).MSG;
const msgsOf = (server: { messages(): string[] }) => server.messages().map(msgOf);

const settled = async (agent: StartedAgent, bytes: number) => {
  const { json } = await agent.status();
  return json.destinations[0]?.inputs[0]?.files.some((file) => file.settled === bytes);
};
const extra = '[transform]\nunmatched = join';

test('a stack trace that a rotation cuts in two is one record', async (t) => {
  const server = await startServer(t);
  const agent = startAgent(t, { target: server.url, extra, input: 'watch = poll' });
  writeFileSync(agent.file, line('first'));
  await until('the first has come', () => msgsOf(server).length === 1);
  // Between two looks, as rotation falls where it will.
  appendFileSync(agent.file, `${line('a')} at x\n`);
  renameSync(agent.file, `${agent.file}.1`);
  writeFileSync(agent.file, ` at y\n${line('b')}`);
  await until('all of it has come', () => msgsOf(server).includes('b'));
  assert.deepEqual(msgsOf(server), ['first', 'a\n at x\n at y', 'b']);
});

test('a record that waits for its continuation when the agent ends is read again, whole', async (t) => {
  const server = await startServer(t);
  const first = startAgent(t, { target: server.url, extra, syslog: 'linger = 50ms' });
  writeFileSync(first.file, line('a'));
  await until('a is settled', () => settled(first, line('a').length));
  appendFileSync(first.file, `${line('b')} at x\n`);
  assert.equal(await first.stop(), 0);
  appendFileSync(first.file, ` at y\n${line('c')}`);
  const again = startAgent(t, { target: server.url, extra, folder: first.folder });
  await until('c has come', () => msgsOf(server).includes('c'));
  await again.stop();
  const joined = msgsOf(server).filter((msg) => msg.startsWith('b'));
  // Whether b was shipped before the stop is a matter of a second; its lines are there, in order, and none twice.
  assert.equal(
    joined.concat(msgsOf(server).filter((msg) => / at/.test(msg) && !msg.startsWith('b'))).join('\n'),
    'b\n at x\n at y',
  );
});
