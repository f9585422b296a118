/** What `tailship check --connect` says of a server that speaks TLS: the handshake, every certificate, and the days that are left. */
import fs from 'node:fs';
import { bad, fine, type Said, warning } from './findings.ts';
import { realClock } from './ops/clock.ts';
import { realSockets, type TcpSocket } from './ship/sockets.ts';
import { secure, type TlsConnection } from './ship/tls-dial.ts';
import type { Target, TlsConfig } from './types.ts';
import { readCertificates } from './wire/pem.ts';

/** A certificate with fewer days left is a reason for a warning. */
const FEW_DAYS = 14;
const DAY = 86_400_000;
/** How long a server may take to refuse the agent's certificate, which it does after the handshake in TLS 1.3, ms. */
const REFUSAL = 500;

/** What is seen of a server: its certificates, or the reason why there is no connection. */
export type Handshake = Pick<TlsConnection, 'version' | 'cipher' | 'chain'> & { readonly refused: string | undefined };

/** Connects and shakes hands, and sends nothing more. Rejects with an Error whose message reads on after a colon. */
export async function shakeHands({ host, port }: Target, address: string, tls: TlsConfig): Promise<Handshake> {
  const raw = realSockets.connectTcp(address, port);
  await new Promise<void>((resolve, reject) => {
    raw.on('error', reject);
    raw.on('connect', resolve);
  });
  const connection = await secure(raw, { tls, clock: realClock, host, signal: new AbortController().signal });
  const { socket } = connection;
  const refused = await new Promise<string | undefined>((resolve) => {
    const why = () => socket.closedBecause?.() ?? 'it gives no reason';
    socket.on('error', (error) => resolve(error.message));
    socket.on('end', () => resolve(`the server closed the connection right after the handshake; ${why()}`));
    socket.resume();
    realClock.after(REFUSAL, () => resolve(undefined));
  });
  socket.destroy();
  return { ...connection, refused };
}

/** What makes a TLS connection to the server `host` of one that stands. */
export function coverFor(host: string, tls: TlsConfig): (raw: TcpSocket) => Promise<TcpSocket> {
  const { signal } = new AbortController();
  return async (raw) => (await secure(raw, { tls, clock: realClock, host, signal })).socket;
}

/** Findings about the server at `address`, which takes connections, and about the agent's own certificate. */
export async function checkTls(
  target: Target,
  address: string,
  tls: TlsConfig,
  shake: typeof shakeHands,
): Promise<Said[]> {
  return [...(await checkHandshake(target, address, tls, shake)), ...checkOwn(tls)];
}

async function checkHandshake(
  target: Target,
  address: string,
  tls: TlsConfig,
  shake: typeof shakeHands,
): Promise<Said[]> {
  const { url } = target;
  const cure = `What the server shows can be seen with: openssl s_client -connect ${address.includes(':') ? `[${address}]` : address}:${target.port} -showcerts`;
  try {
    const { version, cipher, chain, refused } = await shake(target, address, tls);
    if (refused !== undefined) return [bad('tls-fails', `${url}: ${refused}.`, cure)];
    const days = chain.map(({ name, until }) => `${name} (${daysText(until)})`).join(', signed by ');
    const said = [fine(`${url}: TLS works: ${version}, ${cipher}. Certificates: ${days}.`)];
    const soon = chain.filter(({ until }) => daysLeft(until) < FEW_DAYS);
    for (const { name, until } of soon) {
      said.push(
        warning(
          'certificate-ends',
          `${url}: the certificate ${name} ends soon (${daysText(until)}).`,
          'Have it renewed at the server.',
        ),
      );
    }
    if (tls.verify) return said;
    const what = `${url}: tls_verify = off, so these certificates were not checked, and whoever answers is believed.`;
    return [
      ...said,
      warning('tls-unverified', what, 'Name the authority that signed them in tls_ca, and leave tls_verify out.'),
    ];
  } catch (problem) {
    return [bad('tls-fails', `${url}: No TLS: ${problem instanceof Error ? problem.message : problem}.`, cure)];
  }
}

function checkOwn({ cert }: TlsConfig): Said[] {
  if (cert === undefined) return [];
  const own = readCertificates(fs.readFileSync(cert, 'latin1'), cert)[0]!;
  const until = Date.parse(own.validTo);
  const what = `The agent's own certificate ${cert}`;
  const cure = 'Have it renewed; the new files are used from the next connection on.';
  if (daysLeft(until) < 0) return [bad('certificate-ends', `${what} has expired (${own.validTo}).`, cure)];
  if (daysLeft(until) < FEW_DAYS) return [warning('certificate-ends', `${what} ends soon (${daysText(until)}).`, cure)];
  return [fine(`${what} is good (${daysText(until)}).`)];
}

const daysLeft = (until: number) => Math.floor((until - Date.now()) / DAY);

function daysText(until: number): string {
  const days = daysLeft(until);
  if (days < 0) return 'expired';
  return `${days} ${days === 1 ? 'day' : 'days'} left`;
}
