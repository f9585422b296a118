/**
 * TCP: a stream of frames, newline or octet-counting (RFC 6587 section 3.4). When a batch is settled is decided in settle.ts,
 * with what tcp-session.ts sees of the peer.
 */
import type { Batch } from '../types.ts';
import { frameOctets } from '../wire/framing.ts';
import { reasonOf } from './reasons.ts';
import type { Sockets, TcpSocket } from './sockets.ts';
import { createTcpSession } from './tcp-session.ts';
import { type Address, addressText, type Transport, type TransportParts } from './transport.ts';

/** How long an address may take to answer, ms. */
const CONNECT_TIMEOUT = 10_000;

/** What is put between a connection and its frames, once it stands: TLS. Rejects with an Error whose message reads on after a colon. */
export type Cover = (raw: TcpSocket, address: Address, signal: AbortSignal) => Promise<TcpSocket>;

export function createTcp(parts: TransportParts, cover?: Cover): Transport {
  // Newline framing is the payload as it stands.
  const frame = (batch: Batch) =>
    parts.link.framing === 'newline' ? batch.payload : frameOctets(batch.payload, batch.ends);
  let warned = false;
  function tableLost(reason: string): void {
    if (warned) return;
    warned = true;
    parts.log.info(
      `The kernel's table of TCP connections cannot be used (${reason}). For ${parts.link.targets[0]?.url}, what this machine's kernel took counts as delivered once linger has passed.`,
    );
  }
  return {
    level: 'flushed',
    async connect(address, { signal }, events) {
      const sendLimit = await readSendLimit(parts.sockets);
      signal.throwIfAborted();
      const raw = parts.sockets.connectTcp(address.host, address.port);
      await connected(raw, parts, signal);
      const socket = cover ? await cover(raw, address, signal) : raw;
      return createTcpSession({ ...parts, socket, address: addressText(address), frame, events, sendLimit, tableLost });
    },
  };
}

/** Resolves once the socket is connected to somebody else; else destroys it and rejects. */
function connected(socket: TcpSocket, { clock }: TransportParts, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      settle();
      socket.destroy();
      reject(new Error(reason));
    };
    const aborted = () => fail('stopped');
    const cancel = clock.after(CONNECT_TIMEOUT, () => fail(`no answer within ${CONNECT_TIMEOUT / 1000}s`));
    const settle = () => {
      cancel();
      signal.removeEventListener('abort', aborted);
    };
    signal.addEventListener('abort', aborted);
    socket.on('error', (error) => fail(reasonOf(error)));
    socket.on('connect', () => {
      // While no server listens, the kernel may join a port of its own range to itself.
      const self = socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress;
      if (self) return fail('connection refused, nothing listens there');
      settle();
      resolve();
    });
  });
}

/** The most that the kernel keeps of one connection unacknowledged, in bytes; Infinity where it is not known. */
async function readSendLimit(sockets: Sockets): Promise<number> {
  try {
    const greatest = Number((await sockets.readSendBuffers()).trim().split(/\s+/)[2]);
    return greatest > 0 ? greatest : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
