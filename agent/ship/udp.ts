/**
 * UDP: one datagram a message on a connected socket (RFC 5426). The only word that ever comes back is a refusal, so nothing is
 * known when a session begins; and when messages came back before, connect sends one of them as a probe and resolves only if it
 * survives. That one may arrive twice. What a session does is in udp-session.ts.
 */
import { createFragmentsWarning } from './fragments.ts';
import { codeOf, reasonOf } from './reasons.ts';
import { holds } from './route.ts';
import type { UdpSocket } from './sockets.ts';
import { type Address, addressText, type Transport, type TransportParts } from './transport.ts';
import { createUdpSession, SURVIVAL } from './udp-session.ts';

export function createUdp(parts: TransportParts): Transport {
  const sayFragments = createFragmentsWarning(parts);
  return {
    level: 'handed',
    async connect(address, { signal, probe }, events) {
      const socket = parts.sockets.createUdp(address.family);
      try {
        await connected(socket, address, signal);
        if (probe) await survives(socket, probe, parts, signal);
      } catch (error) {
        socket.close();
        throw error;
      }
      const route = socket.route?.();
      return createUdpSession({
        ...{ ...parts, socket, address: addressText(address), events, proven: probe !== undefined },
        unbroken: route ? holds(route, address.family) : Number.POSITIVE_INFINITY,
        fragments: (bytes) => route && sayFragments(route, address.family, bytes),
      });
    },
  };
}

function connected(socket: UdpSocket, address: Address, signal: AbortSignal): Promise<void> {
  return untilAborted(signal, (resolve, fail) => {
    socket.on('error', (error) => fail(reasonOf(error)));
    socket.on('connect', resolve);
    socket.connect(address.port, address.host);
  });
}

/** Resolves if no refusal comes back within SURVIVAL. */
async function survives(socket: UdpSocket, probe: Buffer, parts: TransportParts, signal: AbortSignal): Promise<void> {
  let cancel = () => {};
  try {
    await untilAborted(signal, (resolve, fail) => {
      socket.on('error', (error) => fail(reasonOf(error)));
      socket.send(probe, 0, probe.length, (error) => {
        // A probe that is too large says nothing about the server; the session deals with it.
        if (error && codeOf(error) !== 'EMSGSIZE') fail(reasonOf(error));
        else cancel = parts.clock.after(SURVIVAL, () => setImmediate(resolve));
      });
    });
  } finally {
    cancel();
  }
}

function untilAborted(
  signal: AbortSignal,
  run: (resolve: () => void, fail: (reason: string) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => fail('stopped');
    const done = () => signal.removeEventListener('abort', aborted);
    const fail = (reason: string) => {
      done();
      reject(new Error(reason));
    };
    if (signal.aborted) return aborted();
    signal.addEventListener('abort', aborted);
    run(() => {
      done();
      resolve();
    }, fail);
  });
}
