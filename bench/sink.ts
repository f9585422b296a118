/**
 * The server of the measurement, a process of its own: it reads as fast as it can, counts bytes and messages, and tells its
 * parent once as many messages came as its first argument says, or the last sender has closed. Over `udp`, its second argument, which
 * loses some when they come faster than they are read, it tells once nothing has come for a second. It tells its port first; the third
 * argument is the port that it should have.
 */
import { createSocket } from 'node:dgram';
import net from 'node:net';
import { countLines } from './measure.ts';

/** What came over all connections, and when its first and last bytes came, in ms of one clock. */
export type Arrived = {
  readonly bytes: number;
  readonly messages: number;
  readonly first: number;
  readonly last: number;
};

const QUIET = 1000;
/** The kernel gives twice as much, where it may. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;
const [expected = 0, scheme, port = 0] = process.argv.slice(2).map((one) => (/^\d+$/.test(one) ? Number(one) : one));
let bytes = 0;
let messages = 0;
let first = 0;
let last = 0;
/** Open connections: rsyslog has one for each of its worker threads. */
let open = 0;
let told = false;

function tell(): void {
  if (!told) process.send?.({ bytes, messages, first, last } satisfies Arrived);
  told = true;
}

function note(length: number): void {
  last = performance.now();
  if (bytes === 0) first = last;
  bytes += length;
}

if (scheme === 'udp') {
  const socket = createSocket('udp4', (datagram) => {
    note(datagram.length);
    messages += 1;
  });
  socket.bind(Number(port), '127.0.0.1', () => {
    socket.setRecvBufferSize(RECEIVE_BUFFER);
    process.send?.(socket.address().port);
  });
  setInterval(() => {
    if (messages >= Number(expected) || (messages > 0 && performance.now() - last > QUIET)) tell();
  }, 100);
} else {
  const server = net.createServer((socket) => {
    open += 1;
    socket.on('data', (block: Buffer) => {
      note(block.length);
      messages += countLines(block);
      if (messages >= Number(expected)) tell();
    });
    socket.on('close', () => {
      open -= 1;
      if (open === 0) tell();
    });
  });
  server.listen(Number(port), '127.0.0.1', () => process.send?.((server.address() as net.AddressInfo).port));
}
process.on('disconnect', () => process.exit());
