import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT, startAgent, tailship, writeConfig } from '../harness/agent.ts';
import { start } from '../harness/processes.ts';
import { startSink } from '../harness/sink.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { logLine } from '../harness/writer.ts';

test('scripts/tailship runs what is built where that is as new as the sources, and else the sources', async (t) => {
  const s = scene(t);
  const copy = s.at('checkout');
  fs.mkdirSync(copy);
  for (const name of ['scripts', 'agent', 'package.json', 'package-lock.json'])
    fs.cpSync(path.join(ROOT, name), path.join(copy, name), {
      recursive: true,
      // Else it would set itself up anew, into the same packages.
      preserveTimestamps: true,
      filter: (from) => !from.includes('runtime/node_modules'),
    });
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  fs.symlinkSync(path.join(ROOT, 'scripts/runtime/node_modules'), path.join(copy, 'scripts/runtime/node_modules'));
  const dist = path.join(copy, 'dist');
  fs.mkdirSync(dist);
  fs.writeFileSync(path.join(dist, 'main.js'), "console.log('built');");
  fs.writeFileSync(path.join(dist, 'LICENSES.txt'), '');
  const said = async () => {
    const one = start(s, path.join(copy, 'scripts/tailship'), ['--version'], { cwd: s.dir });
    await one.exited;
    return one.stdout() + one.stderr();
  };
  assert.equal(await said(), 'built\n');
  const later = new Date(Date.now() + 60_000);
  fs.utimesSync(path.join(copy, 'agent/wire/codes.ts'), later, later);
  assert.match(await said(), /^\d+\.\d+\.\d+\n$/);
});

test('scripts/tailship runs from any folder and through a symbolic link, with paths as the caller means them', async (t) => {
  const s = scene(t);
  fs.symlinkSync(path.join(ROOT, 'scripts/tailship'), s.at('tailship'));
  fs.mkdirSync(s.at('elsewhere'));
  fs.writeFileSync(s.at('elsewhere/own.conf'), '[spool]\npathh = x\n');
  const help = start(s, s.at('tailship'), ['--help'], { cwd: s.at('elsewhere') });
  assert.equal((await help.exited).code, 0);
  const direct = tailship(s, ['--help']);
  await direct.exited;
  assert.equal(help.stdout(), direct.stdout());
  assert.equal(help.stderr(), '');

  const wrong = start(s, s.at('tailship'), ['run', '-c', 'own.conf'], { cwd: s.at('elsewhere') });
  assert.equal((await wrong.exited).code, 2, wrong.stderr());
  assert.match(wrong.stderr(), /own\.conf.*2.*pathh/s);
});

test("a signal to scripts/tailship reaches the agent, whose exit code is the command's own", async (t) => {
  const s = scene(t);
  fs.writeFileSync(s.at('app.log'), `${logLine(1)}\n`);
  const sink = await startSink(s);
  const conf = writeConfig(s, { target: `tcp://127.0.0.1:${sink.port}` });
  const agent = start(s, path.join(ROOT, 'scripts/tailship'), ['run', '-c', conf]);
  await until('the server has the line', () => sink.messages().length === 1, { told: agent.stderr });
  agent.signal('SIGTERM');
  assert.deepEqual(await agent.exited, { code: 0, signal: null }, agent.stderr());
  assert.equal(agent.stdout(), '');
});

test('a second agent on the same spool is told who holds it, and the first one goes on', async (t) => {
  const s = scene(t);
  fs.writeFileSync(s.at('app.log'), `${logLine(1)}\n`);
  const sink = await startSink(s);
  const conf = writeConfig(s, { target: `tcp://127.0.0.1:${sink.port}` });
  const first = startAgent(s, conf);
  await until('the server has the line', () => sink.messages().length === 1, { told: first.stderr });
  const second = startAgent(s, conf);
  assert.equal((await second.exited).code, 1);
  assert.ok(second.stderr().includes(String(first.pid)) && second.stderr().includes(s.at('spool.db')), second.stderr());
  fs.appendFileSync(s.at('app.log'), `${logLine(2)}\n`);
  await until('the server has the next line', () => sink.messages().length === 2, { told: first.stderr });
});
