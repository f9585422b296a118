/** How fast the spool fills while the server is away, and how fast it drains once it is back. */
import fs from 'node:fs';
import { freePort } from '../test/harness/processes.ts';
import { until } from '../test/harness/wait.ts';
import { corpus } from './corpus.ts';
import { configure, cpuOf, end, inFolder, median, PATIENT, startAgent, startSink } from './measure.ts';

type Result = {
  readonly spooled: number;
  readonly first: number;
  readonly last: number;
  readonly drained: number;
  readonly cpu: number;
};

export async function spool(lines: number, runs: number, say: (line: string) => void): Promise<void> {
  const file = corpus(lines);
  const size = fs.statSync(file).size / 1e6;
  const results: Result[] = [];
  for (let run = 1; run <= runs; run++) results.push(await inFolder((dir) => measure(dir, file, size, lines)));
  const of = (key: keyof Result) => median(results.map((one) => one[key])).toFixed(1);
  say(`${size.toFixed(1)} MB of file with sync = normal; medians of ${runs} runs`);
  say(`  spooling         ${of('spooled')} MB/s (first quarter ${of('first')}, last quarter ${of('last')})`);
  say(`  draining         ${of('drained')} MB/s over TCP to a counting sink`);
  say(`  both together    ${of('cpu')} MB per CPU-second`);
}

async function measure(dir: string, file: string, size: number, lines: number): Promise<Result> {
  const [port, web] = [await freePort(), await freePort()];
  const conf = configure(dir, {
    input: `path = ${file}`,
    syslog: `target = tcp://127.0.0.1:${port}`,
    more: `max_size = 4GiB\nsync = normal\n[status]\nlisten = 127.0.0.1:${web}`,
  });
  const agent = startAgent(dir, conf);
  try {
    const before = cpuOf(agent.pid!);
    const times: number[] = [];
    await until(
      'all is spooled',
      async () => {
        const behind = await metric(web, 'tailship_behind_bytes');
        if (behind === undefined) return false;
        const done = 1 - behind / (size * 1e6);
        // The moments at which each quarter was spooled, the beginning first.
        while (times.length <= 4 && done * 4 >= times.length - 1e-9 && done > 0) times.push(performance.now());
        return behind === 0;
      },
      PATIENT,
    );
    const sink = await startSink(lines, 'tcp', port);
    const { first, last } = await sink.arrival;
    sink.end();
    const quarter = (from: number) => size / 4 / ((times[from + 1]! - times[from]!) / 1000);
    return {
      spooled: size / ((times[4]! - times[0]!) / 1000),
      first: quarter(0),
      last: quarter(3),
      drained: size / ((last - first) / 1000),
      cpu: size / (cpuOf(agent.pid!) - before),
    };
  } finally {
    await end(agent);
  }
}

/** The sum of a metric as the agent gives it; undefined until it answers. */
async function metric(port: number, name: string): Promise<number | undefined> {
  const page = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined);
  const found = (await page?.text())?.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'));
  const values = [...(found ?? [])].map((one) => Number(one[1]));
  return values.length > 0 ? values.reduce((sum, one) => sum + one, 0) : undefined;
}
