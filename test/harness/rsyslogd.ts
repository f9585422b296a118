import fs from 'node:fs';
import { growingLines } from './growing.ts';
import { freePort, listens, needs, programPath, type Running, start } from './processes.ts';
import type { Scene } from './temp.ts';
import { until } from './wait.ts';

/** A real rsyslogd that receives on loopback and writes every message as it came, one a line. */
export type Rsyslogd = {
  readonly port: number;
  /** What it has written, whole lines only. */
  lines(): readonly string[];
  /** Ends it in order: what it has read is then in its file. */
  stop(): Promise<void>;
  /** Kills it at once. */
  kill(): Promise<void>;
  /** Starts it again on the same port and the same file. */
  start(): Promise<void>;
};

/** How its TCP speaks TLS. `asks`: it wants a certificate from its clients, signed by the authority in `ca`. Files in PEM. */
type Tls = { driver: 'gtls' | 'ossl'; ca: string; cert: string; key: string; asks?: boolean };

/** For a test's options: skips it where rsyslogd or its driver for TLS is missing, but not under CI=true. */
export function needsDriver(driver: Tls['driver']): { skip: string } | { skip: false } {
  const rsyslogd = needs('rsyslogd');
  const there = fs.globSync(`/usr/lib{,64}/{,*/}rsyslog/lmnsd_${driver}.so`).length > 0;
  if (rsyslogd.skip || there || process.env.CI === 'true') return rsyslogd;
  const name = driver === 'gtls' ? 'rsyslog-gnutls' : 'rsyslog-openssl';
  return { skip: `${name} missing; scripts/test installs it as root where there is apt-get` };
}

/** Starts a rsyslogd of the test's own, for TCP (both framings; with `tls` nothing but TLS) and UDP on one port number. */
export async function startRsyslogd(
  scene: Scene,
  { template = '%rawmsg%\\n', tls }: { template?: string; tls?: Tls } = {},
): Promise<Rsyslogd> {
  const program = programPath('rsyslogd');
  if (program === undefined) throw new Error('rsyslogd is missing; install the package rsyslog');
  const port = await freePort();
  const out = scene.at(`rsyslogd-${port}.log`);
  const work = scene.at(`rsyslogd-${port}`);
  fs.mkdirSync(work);
  fs.writeFileSync(`${work}/rsyslog.conf`, configuration({ port, out, work, template, tls }));
  let running: Running | undefined;
  const end = async (signal: NodeJS.Signals) => {
    running?.signal(signal);
    await running?.exited;
    running = undefined;
  };
  const rsyslogd: Rsyslogd = {
    port,
    lines: growingLines(out),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async start() {
      const fresh = start(scene, program, ['-n', '-f', `${work}/rsyslog.conf`, '-i', `${work}/pid-${Date.now()}`]);
      running = fresh;
      await until('rsyslogd listens', () => listens(port), { told: fresh.stderr });
    },
  };
  await rsyslogd.start();
  return rsyslogd;
}

// A direct queue: every message is in the file before the next is read, so an orderly end loses none and order is kept.
function configuration({
  port,
  out,
  work,
  template,
  tls,
}: {
  port: number;
  out: string;
  work: string;
  template: string;
  tls: Tls | undefined;
}): string {
  const [files, stream] = tls ? secured(tls) : ['', ''];
  return `global(workDirectory="${work}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off"${files})
main_queue(queue.type="direct")
module(load="imtcp"${stream})
module(load="imudp")
input(type="imtcp" address="127.0.0.1" port="${port}")
input(type="imudp" address="127.0.0.1" port="${port}")
template(name="as_it_came" type="string" string="${template}")
action(type="omfile" file="${out}" template="as_it_came")
`;
}

/** What stands behind the global settings, and behind imtcp's own. */
function secured({ driver, ca, cert, key, asks = false }: Tls): [string, string] {
  const files = `defaultNetstreamDriver="${driver}" defaultNetstreamDriverCAFile="${ca}" defaultNetstreamDriverCertFile="${cert}" defaultNetstreamDriverKeyFile="${key}"`;
  const mode = `streamDriver.mode="1" streamDriver.authMode="${asks ? 'x509/certvalid' : 'anon'}"`;
  return [` ${files}`, ` streamDriver.name="${driver}" ${mode}`];
}
