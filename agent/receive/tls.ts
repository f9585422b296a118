/** Syslog over TLS (RFC 5425): the connections of tcp.ts with a handshake before them. */
import fs from 'node:fs';
import type { Socket } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { readCertificates, readPrivateKey, refuseStrangeKey } from '../wire/pem.ts';
import { type ListenAddress, ListenProblem } from './address.ts';
import type { Listener, ListenerParts, ListenTls } from './listener.ts';
import { openStream, type Protocol, type Serve, type Source } from './tcp.ts';

/** How long a handshake may take, ms. */
const HANDSHAKE_TIMEOUT = 10_000;

/** Listens for TLS. Rejects with a ListenProblem, also where a file of `parts.tls` is not good. */
export async function openTls(address: ListenAddress, parts: ListenerParts, protocol?: Protocol): Promise<Listener> {
  const options = readFiles(address, parts.tls);
  return openStream(address, parts, (serve) => tlsSource(options, serve, parts.say), protocol);
}

function tlsSource(options: TlsOptions, serve: Serve, say: (sentence: string) => void): Source {
  /** Connections by the peer's port, for only the one below TLS can be reset. */
  const below = new Map<string, Socket>();
  const keyOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress}:${remotePort}`;
  const settings = { allowHalfOpen: true, keepAlive: true, handshakeTimeout: HANDSHAKE_TIMEOUT, ...options };
  const server = createServer(settings, (socket) => {
    const raw = below.get(keyOf(socket));
    serve(socket, () => void (raw?.resetAndDestroy() ?? socket.destroy()));
  });
  server.on('connection', (raw: Socket) => {
    const key = keyOf(raw);
    below.set(key, raw);
    raw.on('close', () => below.delete(key));
  });
  server.on('tlsClientError', (error, socket) => {
    const peer = socket.remoteAddress === undefined ? 'a peer' : keyOf(socket);
    say(`The TLS handshake with ${peer} failed: ${reasonOf(error)}.`);
    socket.destroy();
  });
  return {
    server,
    drop() {
      for (const raw of below.values()) raw.destroy();
    },
  };
}

/** What OpenSSL calls the fault, without the place in its code. */
function reasonOf(error: NodeJS.ErrnoException & { readonly reason?: string }): string {
  if (/WRONG_VERSION_NUMBER|HTTP_REQUEST|PACKET_LENGTH/.test(error.code ?? '')) return 'what came is not TLS';
  return error.reason ?? error.message.trim().replace(/\.$/, '');
}

function readFiles({ url }: ListenAddress, files: ListenTls | undefined): TlsOptions {
  if (files?.cert === undefined || files.key === undefined) {
    throw new ListenProblem(`${url} needs a certificate and its private key: add --cert FILE and --key FILE.`, true);
  }
  const { cert, key, ca } = files;
  try {
    const certText = fs.readFileSync(cert, 'latin1');
    const keyText = fs.readFileSync(key, 'latin1');
    refuseStrangeKey(readCertificates(certText, cert)[0]!, cert, readPrivateKey(keyText, key), key);
    const own = { cert: certText, key: keyText, minVersion: 'TLSv1.2' } as const;
    if (ca === undefined) return own;
    const caText = fs.readFileSync(ca, 'latin1');
    readCertificates(caText, ca);
    return { ...own, ca: caText, requestCert: true };
  } catch (error) {
    throw new ListenProblem(`Cannot listen on ${url}: ${reasonOf(error as Error)}.`, true);
  }
}
