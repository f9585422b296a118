/** Syslog over TCP (RFC 6587), both framings. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createDeframer } from '../wire/framing.ts';
import { bindProblem, boundUrl, type ListenAddress } from './address.ts';
import type { Listener, ListenerParts } from './listener.ts';
import { untilQuiet } from './quiet.ts';

/**
 * When closing: no byte for QUIET ms means that nothing is under way any more (a delayed acknowledgement alone may hold a sender up
 * for 40), and it is not waited longer than GRACE.
 */
const QUIET = 200;
const GRACE = 1000;

/** Takes a connection that is ready for messages; `reset` ends it so that the peer cannot take it for an orderly close. */
export type Serve = (socket: Socket, reset: () => void) => void;

/** Where connections come from. `drop` lets go of those that are not ready yet. */
export type Source = { readonly server: Server; drop(): void };

/** Takes what comes over a connection. A protocol in which the server takes leave gives a function that does. */
export type Protocol = (socket: Socket, parts: ListenerParts, reset: () => void) => (() => Promise<void>) | undefined;

export function openTcp(
  address: ListenAddress,
  parts: ListenerParts,
  protocol: Protocol = takeStream,
): Promise<Listener> {
  const source = (serve: Serve): Source => ({
    server: createServer({ allowHalfOpen: true, keepAlive: true }, (socket) => {
      serve(socket, () => void socket.resetAndDestroy());
    }),
    drop() {},
  });
  return openStream(address, parts, source, protocol);
}

/** Listens for connections, any number at once. Rejects with a ListenProblem. */
export async function openStream(
  address: ListenAddress,
  parts: ListenerParts,
  source: (serve: Serve) => Source,
  protocol: Protocol = takeStream,
): Promise<Listener> {
  const { clock, say } = parts;
  const connections = new Map<Socket, { reset: () => void; takeLeave: ReturnType<Protocol> }>();
  let paused = false;
  let lastData = 0;

  const { server, drop } = source((socket, reset) => {
    socket.on('close', () => connections.delete(socket));
    socket.on('data', () => {
      lastData = clock.ticks();
    });
    connections.set(socket, { reset, takeLeave: protocol(socket, parts, reset) });
    if (paused) socket.pause();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(bindProblem(address, error)));
    server.listen(address.port, address.host, resolve);
  });
  server.removeAllListeners('error');
  server.on('error', (error) => say(`A connection to ${address.url} could not be taken: ${error.message}.`));

  return {
    url: boundUrl(address.scheme, server.address() as AddressInfo),
    pause(yes) {
      paused = yes;
      for (const socket of connections.keys()) yes ? socket.pause() : socket.resume();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of connections.keys()) socket.resume();
      await untilQuiet({ clock, quiet: QUIET, grace: GRACE, last: () => lastData, over: () => connections.size === 0 });
      await Promise.all([...connections.values()].map(({ takeLeave }) => takeLeave?.()));
      // A reset and not an end: a sender that has just half-closed takes our end as the proof that all has arrived.
      for (const [socket, { reset, takeLeave }] of connections) {
        if (takeLeave) socket.destroySoon();
        else if (!socket.readableEnded) reset();
      }
      drop();
      await closed;
    },
  };
}

/** Takes a connection's messages until the peer ends it. */
function takeStream(socket: Socket, parts: ListenerParts, reset: () => void): undefined {
  const { taker, say } = parts;
  const peer = `${socket.remoteAddress}:${socket.remotePort}`;
  const deframer = createDeframer(taker.take, parts.limit);
  socket.on('data', (bytes) => {
    taker.chunk(bytes as Buffer);
    deframer.push(bytes as Buffer);
  });
  /** The stream is over, for better or worse. */
  function finish(how: string): void {
    const lost = deframer.end();
    if (lost > 0) taker.brokeOff();
    const rest = lost > 0 ? ` in the middle of a message: ${lost} bytes of it came and are not written` : '';
    if (lost > 0 || how !== 'ended') say(`The connection from ${peer} ${how}${rest}.`);
  }
  socket.on('end', async () => {
    finish('ended');
    // Our end is the sender's proof that everything has arrived, so it waits until everything is written.
    if (await parts.written()) socket.end();
    else reset();
  });
  socket.on('error', (error) => finish(`broke (${error.message})`));
}
