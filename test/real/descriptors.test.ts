import fs from 'node:fs';
import { test } from 'node:test';
import { MAIN, writeConfig } from '../harness/agent.ts';
import { start } from '../harness/processes.ts';
import { startSink } from '../harness/sink.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { logLine } from '../harness/writer.ts';

const FILES = 600;

test('six hundred files are shipped by an agent that may open two hundred', async (t) => {
  const s = scene(t);
  for (let n = 0; n < FILES; n++) fs.writeFileSync(s.at(`f${n}.log`), `${logLine(n)}\n`);
  const sink = await startSink(s);
  const conf = writeConfig(s, { file: s.at('*.log'), target: `tcp://127.0.0.1:${sink.port}` });
  const agent = start(s, 'bash', ['-c', 'ulimit -n 200; exec "$@"', '-', process.execPath, MAIN, 'run', '-c', conf]);
  await until('every line has come', () => sink.messages().length === FILES, { told: agent.stderr });
});
