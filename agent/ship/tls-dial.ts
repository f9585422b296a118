/**
 * How a TLS connection is made: the files are read, a TCP connection is made, and the handshake is judged. The server's
 * certificate is checked here and not by Node itself, which would drop the connection before anything could be said of it.
 */
import fs from 'node:fs';
import { isIP, Socket } from 'node:net';
import process from 'node:process';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { Clock, LinkConfig } from '../types.ts';
import type { TcpSocket } from './sockets.ts';
import { readTlsFiles } from './tls-files.ts';
import {
  type ChainLink,
  chainOf,
  distrustReason,
  handshakeReason,
  standingReason,
  type TlsAbout,
  wanted,
} from './tls-reasons.ts';
import { createTlsSocket } from './tls-socket.ts';

/** How long a handshake may take, ms. */
const HANDSHAKE_TIMEOUT = 10_000;
/** A server that hangs up so soon after the handshake means the agent's certificate, ms: in TLS 1.3 it sees that last. */
const SECOND_THOUGHTS = 2_000;

/** A TLS connection that stands, and what the server showed. */
export type TlsConnection = {
  readonly socket: TcpSocket;
  /** `TLSv1.3` */
  readonly version: string;
  readonly cipher: string;
  /** The server's own certificate first. */
  readonly chain: readonly ChainLink[];
};

export type SecureParts = {
  readonly tls: LinkConfig['tls'];
  readonly clock: Clock;
  /** The server's name or address as configured: what its certificate must be for. */
  readonly host: string;
  /** Aborted at stop. */
  readonly signal: AbortSignal;
};

/**
 * Makes a TLS client of a TCP connection that stands. Rejects with an Error whose message reads on after a colon; the connection
 * is destroyed then. The files of `tls` are read anew.
 */
export async function secure(raw: TcpSocket, parts: SecureParts): Promise<TlsConnection> {
  if (!(raw instanceof Socket)) throw new Error('TLS needs a socket of the system');
  const about: TlsAbout = { host: parts.host, ca: parts.tls.ca, cert: parts.tls.cert };
  let socket: TLSSocket | undefined;
  // Only asked for here: two megabytes for nothing where no server is spoken to over TLS.
  const tls = process.getBuiltinModule('node:tls');
  try {
    socket = tls.connect({ socket: raw, ...optionsOf(parts, () => tls.getCACertificates('system')) });
    await shaken(socket, parts, about);
    const chain = chainOf(socket.getPeerCertificate(true));
    if (parts.tls.verify && !socket.authorized) {
      throw new Error(distrustReason(problemOf(socket), chain, about, parts.clock.now()));
    }
    return {
      socket: present(raw, socket, parts.clock, about),
      ...{ version: socket.getProtocol() ?? 'TLS', cipher: socket.getCipher().name, chain },
    };
  } catch (error) {
    socket?.destroy();
    raw.destroy();
    throw error;
  }
}

/** `ofSystem` gives the authorities that the system trusts. */
function optionsOf({ tls: config, host }: SecureParts, ofSystem: () => string[]): ConnectionOptions {
  const { ca, cert, key } = readTlsFiles(config, fs.readFileSync);
  const system = ca === undefined ? ofSystem() : [];
  const trusted = ca ?? (system.length > 0 ? system : undefined);
  // A server's name may stand in the handshake, an address may not (RFC 6066 section 3).
  const name = isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {};
  return {
    ...{ host, ...name, minVersion: 'TLSv1.2', rejectUnauthorized: false },
    ...(trusted ? { ca: trusted } : {}),
    ...(cert !== undefined && key !== undefined ? { cert, key } : {}),
  };
}

/** Resolves when the handshake is through, whoever the server may be. */
function shaken(socket: TLSSocket, { clock, signal }: SecureParts, about: TlsAbout): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      cancel();
      signal.removeEventListener('abort', aborted);
    };
    const fail = (reason: string) => {
      settle();
      reject(new Error(reason));
    };
    const aborted = () => fail('stopped');
    const silent = `no answer to the TLS handshake within ${HANDSHAKE_TIMEOUT / 1000}s: if it is a plain TCP port, write tcp:// in target`;
    const cancel = clock.after(HANDSHAKE_TIMEOUT, () => fail(silent));
    if (signal.aborted) return aborted();
    signal.addEventListener('abort', aborted);
    socket.once('secureConnect', () => {
      settle();
      resolve();
    });
    // It stays: an error that comes while nobody else listens must not end the process.
    socket.on('error', (error) => fail(handshakeReason(error, about)));
  });
}

/** The code with which OpenSSL or Node distrusts the server. */
function problemOf({ authorizationError }: TLSSocket): string {
  const problem: unknown = authorizationError;
  if (problem instanceof Error) return 'code' in problem ? String(problem.code) : problem.message;
  return String(problem ?? 'no certificate');
}

function present(raw: Socket, socket: TLSSocket, clock: Clock, about: TlsAbout): TcpSocket {
  const since = clock.ticks();
  return createTlsSocket({
    ...{ raw, tls: socket, clock, reasonOf: (error) => standingReason(error, about) },
    closedBecause: () => (clock.ticks() - since < SECOND_THOUGHTS ? `perhaps ${wanted(about)}` : undefined),
  });
}
