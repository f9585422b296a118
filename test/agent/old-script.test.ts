/** The six defects of the Python script that tailship began as: each with a test that shows that it is not here. */
import assert from 'node:assert/strict';
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { until } from '../harness/wait.ts';
import { startAgent, startUdpServer } from './in-process.ts';

const line = (text: string) => `Jul 15 11:30:35 host app: [12]${text}\n`;

test('PRI is facility * 8 + severity', async (t) => {
  const server = await startUdpServer(t);
  const agent = startAgent(t, { target: server.url, syslog: 'format = script', extra: '[owners]\napp = local0.err' });
  writeFileSync(agent.file, line('[INFO] text'));
  await until('a record has come', () => server.messages.length === 1);
  assert.match(server.messages[0]!, /^<131>\{.*"PRI": "131"\}$/);
});

test('the level is found inside its brackets', async (t) => {
  const server = await startUdpServer(t);
  const agent = startAgent(t, { target: server.url, syslog: 'format = script' });
  writeFileSync(agent.file, line('[ERROR] text') + line('[DEBUG] text'));
  await until('two records have come', () => server.messages.length === 2);
  assert.match(server.messages[0]!, /^<11>/);
  assert.match(server.messages[1]!, /^<15>/);
});

test('a long message is cut into parts, each sent once', async (t) => {
  const server = await startUdpServer(t);
  const agent = startAgent(t, { target: server.url, syslog: 'format = script' });
  const text = Array.from({ length: 500 }, (_, i) => `word${i}`).join(' ');
  writeFileSync(agent.file, line(`[INFO] ${text}`) + line('[INFO] the next one'));
  await until('the last record has come', () => server.messages.at(-1)?.includes('the next one') ?? false);
  const parts = server.messages.slice(0, -1);
  assert.ok(parts.length > 1);
  for (const part of parts) assert.ok(Buffer.byteLength(part) <= 1024);
  const read = parts.map((part) => JSON.parse(part.slice(part.indexOf('{'))) as { MSG: string; PART: string });
  assert.equal(read.map((part) => part.MSG).join(''), text);
  assert.deepEqual(
    read.map((part) => part.PART),
    parts.map((_, i) => `${i + 1}/${parts.length}`),
  );
});

test('a missing rotated file is no reason to die', async (t) => {
  const server = await startUdpServer(t);
  const agent = startAgent(t, { target: server.url });
  await until('it says what it waits for', () => agent.said.some((sentence) => sentence.includes(agent.file)));
  writeFileSync(agent.file, line('[INFO] at last'));
  await until('a record has come', () => server.messages.length === 1);
  assert.match(server.messages[0]!, /"MSG":"at last"/);
});

test('a rotated file is not sent again', async (t) => {
  const server = await startUdpServer(t);
  const agent = startAgent(t, { target: server.url });
  writeFileSync(agent.file, line('[INFO] one'));
  await until('a record has come', () => server.messages.length === 1);
  appendFileSync(agent.file, line('[INFO] two'));
  renameSync(agent.file, `${agent.file}-20260716`);
  writeFileSync(agent.file, line('[INFO] three'));
  await until('the last record has come', () => server.messages.some((message) => message.includes('"three"')));
  assert.deepEqual(
    server.messages.map((message) => /"MSG":"(\w+)"/.exec(message)?.[1]),
    ['one', 'two', 'three'],
  );
});

test('half a line waits for its other half', async (t) => {
  const server = await startUdpServer(t);
  const agent = startAgent(t, { target: server.url });
  writeFileSync(agent.file, `${line('[INFO] whole')}Jul 15 11:30:35 host app: [12][INFO] ha`);
  await until('a record has come', () => server.messages.length === 1);
  appendFileSync(agent.file, 'lf\n');
  await until('two records have come', () => server.messages.length === 2);
  assert.match(server.messages[1]!, /"MSG":"half"/);
});
