/** Syslog over UDP (RFC 5426): a datagram is a message. */
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { bindProblem, boundUrl, type ListenAddress } from './address.ts';
import type { Listener, ListenerParts } from './listener.ts';
import { untilQuiet } from './quiet.ts';

/** What is asked of the kernel for datagrams that wait; it gives at most net.core.rmem_max. */
const RECEIVE_BUFFER = 8 * 1024 * 1024;
/** When closing: no datagram for so long means that nothing waits in the kernel; and it is not waited longer than that; ms. */
const QUIET = 50;
const GRACE = 1000;

/** Listens for datagrams. Rejects with a ListenProblem. */
export async function openUdp(address: ListenAddress, parts: ListenerParts): Promise<Listener> {
  const { taker, clock, say } = parts;
  const type = isIP(address.host) === 6 ? 'udp6' : 'udp4';
  const socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER });
  let paused = false;
  let dropped = 0;
  let lastData = 0;

  socket.on('message', (bytes) => {
    lastData = clock.ticks();
    // A sender of datagrams cannot be held up, and memory has an end.
    if (paused) dropped += 1;
    else taker.take(bytes, 0, messageEnd(bytes), undefined);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(bindProblem(address, error));
    });
    socket.bind(address.port, address.host, resolve);
  });
  socket.removeAllListeners('error');
  socket.on('error', (error) => say(`Receiving on ${address.url} failed: ${error.message}.`));

  return {
    url: boundUrl(address.scheme, socket.address()),
    pause(yes) {
      paused = yes;
    },
    async close() {
      await untilQuiet({ clock, quiet: QUIET, grace: GRACE, last: () => lastData, over: () => false });
      await new Promise<void>((resolve) => socket.close(() => resolve()));
      if (dropped > 0)
        say(`${dropped} datagrams to ${address.url} were dropped, because the output did not take them fast enough.`);
    },
  };
}

/** Some senders end a datagram with LF, CRLF or NUL: no part of the message. */
function messageEnd(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d || bytes[end - 1] === 0)) end -= 1;
  return end;
}
