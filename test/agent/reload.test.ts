/** What a reload takes over, leaves alone, and puts off. */
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { planOf, planText } from '../../agent/reload-plan.ts';
import { loadConfig } from '../../agent/sections.ts';
import { config } from '../config/load.ts';
import { until } from '../harness/wait.ts';
import { type StartedAgent, startAgent, startUdpServer } from './in-process.ts';

const line = (n: number) => `Jul 15 11:30:35 host app: [12][INFO] number ${n}.\n`;

test('a plan names what differs, and nothing else', () => {
  const text = (now: string, next: string) => planText(planOf(config(now), config(next)));
  assert.equal(text('', ''), undefined);
  assert.equal(text('; a comment\n[input]\npoll = 1s\n', ''), undefined);
  assert.equal(text('', '[input]\npoll = 500ms\n'), 'input input changed');
  assert.equal(text('', '[levels]\nODD = crit\n'), 'input input changed');
  assert.equal(text('[input.a]\npath = /a\n', '[input.b]\npath = /a\n'), 'input b added; input a removed');
  assert.equal(text('', '[syslog]\ntarget = tcp://h\n'), 'destination syslog changed');
  assert.equal(
    text(
      '',
      '[syslog]\n[syslog.b]\ntarget = tcp://h\n[spool]\nmax_size = 1GiB\n[status]\nlisten = 9100\n[log]\nlevel = warn\n',
    ),
    'destination b added; destination syslog removed; spool changed; status changed; log changed',
  );
  const plan = planOf(config(''), config('[input]\nmax_line = 2MiB\n[input.b]\npath = /b\n'));
  assert.deepEqual(plan.inputs.reshaped, []);
});

/** Adds to the configuration, or edits it, and reloads it. */
async function change(agent: StartedAgent, more: string | [string, string], taken: RegExp): Promise<void> {
  const file = join(agent.folder, 'config.conf');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, typeof more === 'string' ? `${text}\n${more}\n` : text.replace(...more));
  agent.reload(loadConfig({ file, env: {}, cwd: agent.folder }).config);
  await until('it holds', () => agent.said.some((one) => taken.test(one)), { told: () => agent.said.join('\n') });
}

test('an added input is shipped to all destinations, an added destination gets all inputs, and other links stay up', async (t) => {
  const [first, second] = [await startUdpServer(t), await startUdpServer(t)];
  const agent = startAgent(t, { target: first.url });
  writeFileSync(agent.file, line(1));
  await until('the first line is there', () => first.messages.length === 1);
  const links = () => agent.said.filter((one) => one === `Records go to ${first.url}.`).length;
  assert.equal(links(), 1);
  const other = join(agent.folder, 'other.log');
  writeFileSync(other, line(2));
  await change(agent, `[input.other]\npath = ${other}\npoll = 50ms`, /holds: input other added\.$/);
  await until('the line of the added input is there', () => first.messages.some((one) => one.includes('number 2')));
  await change(agent, `[syslog.second]\ntarget = ${second.url}`, /holds: destination second added\.$/);
  await until('the added destination has both lines', () => second.messages.length === 2);
  appendFileSync(other, line(3));
  await until('the next line is everywhere', () =>
    [first, second].every(({ messages }) => messages.some((one) => one.includes('number 3'))),
  );
  assert.equal(links(), 1);
  assert.equal(first.messages.length, 3);
});

test('lines of a deleted file that only the agent holds open survive a change of its input', async (t) => {
  let text = '';
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (bytes) => (text += bytes.toString('latin1'))).on('end', () => socket.end());
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const target = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // So slow that most of it is not settled when the file is deleted.
  const agent = startAgent(t, { target, syslog: 'rate = 2000 lines\nlinger = 50ms' });
  const all = 3_000;
  writeFileSync(agent.file, Array.from({ length: all }, (_, n) => line(n)).join(''));
  await until('some of it is there', () => text.includes('number 0.'));
  rmSync(agent.file);
  await until('the deletion is seen', () => agent.said.some((one) => one.includes('was deleted')));
  await change(agent, ['poll = 50ms', 'poll = 60ms'], /holds: input input changed\.$/);
  await until('the last line is there', () => text.includes(`number ${all - 1}.`));
  const numbers = [...text.matchAll(/number (\d+)\./g)].map(([, n]) => Number(n));
  assert.deepEqual(
    numbers,
    Array.from({ length: all }, (_, n) => n),
  );
});
