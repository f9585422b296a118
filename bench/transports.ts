/** How fast a file goes over each transport, in turns: to `tailship receive` over the streams, to a counting sink over UDP. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { certificate } from '../test/harness/certificates.ts';
import { until } from '../test/harness/wait.ts';
import { corpus } from './corpus.ts';
import { AGENT, configure, end, inFolder, median, runMeasured, startSink } from './measure.ts';

const STREAMS = ['tcp', 'tls', 'relp', 'relps'] as const;

export async function transports(lines: number, runs: number, say: (line: string) => void): Promise<void> {
  const file = corpus(lines);
  const size = fs.statSync(file).size / 1e6;
  const rates = new Map(STREAMS.map((scheme) => [scheme, [] as number[]]));
  for (let run = 1; run <= runs; run++)
    for (const [scheme, results] of rates) {
      results.push(size / (await overStream(file, scheme)));
      process.stderr.write(`run ${run}, ${scheme}: ${results.at(-1)!.toFixed(1)} MB/s\n`);
    }
  const base = median(rates.get('tcp')!);
  say(
    `${size.toFixed(1)} MB to tailship receive; medians of ${runs} runs, the transports in turns, start and stop included`,
  );
  for (const [scheme, results] of rates) {
    const rate = median(results);
    say(`  ${scheme.padEnd(16)} ${rate.toFixed(1)} MB/s, ${((100 * rate) / base).toFixed(0)} % of TCP's`);
  }
}

/** balance = round-robin over two servers beside one server alone, over TCP. */
export async function balance(lines: number, runs: number, say: (line: string) => void): Promise<void> {
  const file = corpus(lines);
  const size = fs.statSync(file).size / 1e6;
  const rates = new Map([1, 2].map((servers) => [servers, [] as number[]]));
  for (let run = 1; run <= runs; run++)
    for (const [servers, results] of rates) {
      results.push(size / (await overStream(file, 'tcp', servers)));
      process.stderr.write(`run ${run}, to ${servers}: ${results.at(-1)!.toFixed(1)} MB/s\n`);
    }
  for (const [servers, results] of rates) {
    say(
      `${size.toFixed(1)} MB over tcp to ${servers} of tailship receive: ${median(results).toFixed(1)} MB/s, median of ${runs} runs`,
    );
  }
}

/** Seconds from start to end of `run --once`, which ends when all was acknowledged. Several servers share the work. */
function overStream(file: string, scheme: (typeof STREAMS)[number], count = 1): Promise<number> {
  return inFolder(async (dir) => {
    const { cert, key } = certificate({ name: '127.0.0.1', names: ['127.0.0.1'] });
    const [certFile, keyFile, log] = ['cert.pem', 'key.pem', 'receive.log'].map((name) => path.join(dir, name));
    fs.writeFileSync(certFile!, cert);
    fs.writeFileSync(keyFile!, key);
    const secure = scheme === 'tls' || scheme === 'relps';
    const keys = secure ? ['--cert', certFile!, '--key', keyFile!] : [];
    const receive = ['receive', '--listen', `${scheme}://127.0.0.1:0`, '--out', '/dev/null', ...keys];
    const [command, ...args] = [...AGENT, ...receive];
    const logs = Array.from({ length: count }, (_, i) => `${log}-${i}`);
    const servers = logs.map((each) => spawn(command, args, { stdio: ['ignore', 'ignore', fs.openSync(each, 'w')] }));
    try {
      const ports = await Promise.all(
        logs.map((each) =>
          until('it listens', () => /Listening on .*:(\d+)\.$/m.exec(fs.readFileSync(each, 'utf8'))?.[1]),
        ),
      );
      const target = ports.map((port) => `${scheme}://127.0.0.1:${port}`).join(', ');
      const trust = secure ? `tls_ca = ${certFile}` : '';
      const conf = configure(dir, {
        input: `path = ${file}`,
        syslog: `target = ${target}\n${count > 1 ? 'balance = round-robin\n' : ''}${trust}`,
      });
      return (await runMeasured([...AGENT, 'run', '--once', '-c', conf], path.join(dir, 'log'))).seconds;
    } finally {
      await Promise.all(servers.map(end));
    }
  });
}

/** Datagrams a second; each holds a record of about 260 bytes. */
export async function udp(lines: number, runs: number, say: (line: string) => void): Promise<void> {
  const file = corpus(lines);
  const results: { readonly rate: number; readonly size: number; readonly share: number }[] = [];
  for (let run = 1; run <= runs; run++)
    await inFolder(async (dir) => {
      const sink = await startSink(lines, 'udp');
      try {
        const conf = configure(dir, { input: `path = ${file}`, syslog: `target = udp://127.0.0.1:${sink.port}` });
        await runMeasured([...AGENT, 'run', '--once', '-c', conf], path.join(dir, 'log'));
        const { bytes, messages, first, last } = await sink.arrival;
        // All were sent between those two, whether they were received or not.
        results.push({ rate: (lines / (last - first)) * 1000, size: bytes / messages, share: messages / lines });
      } finally {
        sink.end();
      }
    });
  const of = (key: 'rate' | 'size' | 'share') => median(results.map((one) => one[key]));
  const received = `${(100 * of('share')).toFixed(1)} % of them were received`;
  say(
    `${of('rate').toFixed(0)} datagrams a second of ${of('size').toFixed(0)} bytes; ${received}; medians of ${runs} runs`,
  );
}
