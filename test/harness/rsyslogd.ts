import fs from 'node:fs';
import { cutHalfLine, growingLines } from './growing.ts';
import { freePort, listens, programPath, type Running, start } from './processes.ts';
import type { Scene } from './temp.ts';
import { until } from './wait.ts';

/** A real rsyslogd that receives on loopback and writes every message as it came, one a line. */
export type Rsyslogd = {
  readonly port: number;
  /** What it has written, whole lines only. */
  lines(): readonly string[];
  /** Ends it in order: what it has read is then in its file. */
  stop(): Promise<void>;
  /** Kills it at once. What it had written half of by then is cut off, for it would go on in the same line. */
  kill(): Promise<void>;
  /** Holds it still: it reads no more, while its kernel goes on accepting. */
  freeze(): void;
  /** Starts it again on the same port and the same file. */
  start(): Promise<void>;
};

/** How its TCP speaks TLS. `asks`: it wants a certificate from its clients, signed by the authority in `ca`. Files in PEM. */
type Tls = { driver: 'gtls' | 'ossl'; ca: string; cert: string; key: string; asks?: boolean };

/** Whether messages of 64 KiB are taken whole, or rsyslog's own limits hold. */
type Limits = 'large' | 'default';

/** The package that brings rsyslog's driver for TLS. */
export const driverPackage = (driver: Tls['driver']): string =>
  driver === 'gtls' ? 'rsyslog-gnutls' : 'rsyslog-openssl';

/** `actions`: lines of rsyslog's own configuration, behind the action that writes every message. */
type Settings = { template?: string; tls?: Tls; relp?: boolean; actions?: string; limits?: Limits };

/**
 * Starts a rsyslogd of the test's own, for TCP (both framings; with `tls` nothing but TLS) and UDP on one port number; or for
 * RELP on it.
 */
export async function startRsyslogd(
  scene: Scene,
  { template = '%rawmsg%\\n', tls, relp = false, actions = '', limits = 'large' }: Settings = {},
): Promise<Rsyslogd> {
  const program = programPath('rsyslogd');
  if (program === undefined) throw new Error('rsyslogd is missing; install the package rsyslog');
  const port = await freePort();
  const out = scene.at(`rsyslogd-${port}.log`);
  const work = scene.at(`rsyslogd-${port}`);
  fs.mkdirSync(work);
  fs.writeFileSync(
    `${work}/rsyslog.conf`,
    `${configuration({ port, out, work, template, tls, relp, limits })}${actions}`,
  );
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
    async kill() {
      await end('SIGKILL');
      if (fs.existsSync(out)) cutHalfLine(out);
      rsyslogd.lines();
    },
    freeze: () => running?.signal('SIGSTOP'),
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
  relp,
  limits,
}: {
  port: number;
  out: string;
  work: string;
  template: string;
  tls: Tls | undefined;
  relp: boolean;
  limits: Limits;
}): string {
  const [files, stream] = tls && !relp ? secured(tls) : ['', ''];
  const inputs = relp
    ? `module(load="imrelp"${tls?.driver === 'ossl' ? ' tls.tlslib="openssl"' : ''})
input(type="imrelp" address="127.0.0.1" port="${port}"${tls ? relpSecured(tls) : ''})`
    : `module(load="imtcp"${stream})
module(load="imudp")
input(type="imtcp" address="127.0.0.1" port="${port}")
input(type="imudp" address="127.0.0.1" port="${port}")`;
  return `global(workDirectory="${work}"${limits === 'large' ? ' maxMessageSize="64k"' : ''} parser.escapeControlCharactersOnReceive="off"${files})
main_queue(queue.type="direct")
${inputs}
template(name="as_it_came" type="string" string="${template}")
action(type="omfile" file="${out}" template="as_it_came")
`;
}

/** What stands behind imrelp's port. With a certificate wanted, it must be the client's by its name. */
function relpSecured({ ca, cert, key, asks }: Tls): string {
  const who = asks ? ' tls.authmode="name" tls.permittedpeer=["web-1.test"]' : '';
  return ` tls="on" tls.cacert="${ca}" tls.mycert="${cert}" tls.myprivkey="${key}"${who}`;
}

/** What stands behind the global settings, and behind imtcp's own. */
function secured({ driver, ca, cert, key, asks = false }: Tls): [string, string] {
  const files = `defaultNetstreamDriver="${driver}" defaultNetstreamDriverCAFile="${ca}" defaultNetstreamDriverCertFile="${cert}" defaultNetstreamDriverKeyFile="${key}"`;
  const mode = `streamDriver.mode="1" streamDriver.authMode="${asks ? 'x509/certvalid' : 'anon'}"`;
  return [` ${files}`, ` streamDriver.name="${driver}" ${mode}`];
}
