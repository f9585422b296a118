import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import { before, test } from 'node:test';
import { startAgent, startReceiver, stopped, tailship, writeConfig } from '../harness/agent.ts';
import { received } from '../harness/records.ts';
import { startSink } from '../harness/sink.ts';
import { createScene, scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { logLine } from '../harness/writer.ts';

/** What the agent sent of three generations of one file, 20 lines each. */
let sent: string[][] = [];

before(async () => {
  const s = createScene();
  try {
    const sink = await startSink(s);
    const agent = startAgent(s, writeConfig(s, { target: `tcp://127.0.0.1:${sink.port}`, syslog: 'json = all' }));
    for (const generation of [0, 1, 2]) {
      if (generation > 0) fs.renameSync(s.at('app.log'), s.at(`app.log-2026071${generation}`));
      const lines = Array.from({ length: 20 }, (_, n) => `${logLine(20 * generation + n)}\n`);
      fs.writeFileSync(s.at('app.log'), lines.join(''));
      await until('the server has this generation', () => sink.messages().length === 20 * (generation + 1), {
        told: agent.stderr,
      });
    }
    assert.equal(await stopped(agent), 0, agent.stderr());
    sent = [0, 1, 2].map((generation) => sink.messages().slice(20 * generation, 20 * (generation + 1)));
  } finally {
    await s.end();
  }
});

const all = () => sent.flat();
const without = (...gone: readonly number[]) => all().filter((_, n) => !gone.includes(n));

const CASES: readonly { name: string; messages: () => string[]; code: number; said: RegExp }[] = [
  {
    name: 'finds nothing missing where nothing is',
    messages: all,
    code: 0,
    said: /^Complete: 60 records, 0 repeats, nothing is missing/m,
  },
  {
    name: 'recognises repeats, and no loss in them',
    messages: () => [...all(), ...all().slice(30)],
    code: 0,
    said: /^Complete: 90 records, 30 repeats/m,
  },
  {
    name: 'finds a record missing in the middle',
    messages: () => without(25),
    code: 1,
    said: /^Incomplete: 59 records, 0 repeats, 1 gap,/m,
  },
  {
    name: 'finds the last record of a generation missing',
    messages: () => without(39),
    code: 1,
    said: /missing at its end[\s\S]*^Incomplete: 59 records, 0 repeats, 1 gap,/m,
  },
  {
    name: 'finds a whole generation missing',
    messages: () => without(...Array.from({ length: 20 }, (_, n) => 20 + n)),
    code: 1,
    said: /is missing[\s\S]*^Incomplete: 40 records, 0 repeats, 1 gap,/m,
  },
];

for (const { name, messages, code, said } of CASES) {
  test(`tailship receive --verify ${name}`, async (t) => {
    const s = scene(t);
    const receiver = await startReceiver(s, 'tcp');
    net.connect(receiver.port, '127.0.0.1').end(
      messages()
        .map((message) => `${message}\n`)
        .join(''),
    );
    await until('everything is received', () => receiver.lines().length === messages().length);
    const verdict = await receiver.verdict();
    assert.match(verdict.text, said);
    assert.equal(verdict.code, code);
  });
}

test('the missing bytes that the verification names are those of the record that was left out', async (t) => {
  const s = scene(t);
  const receiver = await startReceiver(s, 'tcp');
  net.connect(receiver.port, '127.0.0.1').end(
    without(25)
      .map((message) => `${message}\n`)
      .join(''),
  );
  await until('everything is received', () => receiver.lines().length === 59);
  const { gen, at, len } = received(all()[25] ?? '');
  const { text } = await receiver.verdict();
  assert.ok(text.includes(gen) && text.includes(`bytes ${at}..${at + len} missing`), text);
});

test('tailship receive on a port that is in use says so and ends with 1', async (t) => {
  const s = scene(t);
  const sink = await startSink(s);
  const receiver = tailship(s, ['receive', '--listen', `tcp://127.0.0.1:${sink.port}`]);
  assert.equal((await receiver.exited).code, 1);
  assert.match(receiver.stderr(), new RegExp(`${sink.port}.*in use`));
});
