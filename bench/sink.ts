/**
 * The server of the measurement, a process of its own: it reads as fast as it can, counts bytes and line feeds, and tells its
 * parent when the sender has closed. It tells its port first.
 */
import net from 'node:net';
import tls from 'node:tls';

/** What came over one connection, and when its first and last bytes came, in ms of one clock. */
export type Arrived = {
  readonly bytes: number;
  readonly lineFeeds: number;
  readonly first: number;
  readonly last: number;
};

function serve(socket: net.Socket): void {
  let bytes = 0;
  let lineFeeds = 0;
  let first = 0;
  let last = 0;
  socket.on('data', (block: Buffer) => {
    last = performance.now();
    if (bytes === 0) first = last;
    bytes += block.length;
    for (let at = block.indexOf(10); at !== -1; at = block.indexOf(10, at + 1)) lineFeeds += 1;
  });
  socket.on('close', () => process.send?.({ bytes, lineFeeds, first, last } satisfies Arrived));
}

/** Certificate and key in PEM, where it is to speak TLS. */
const [, , cert, key] = process.argv;
const server = cert && key ? tls.createServer({ cert, key }, serve) : net.createServer(serve);
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as net.AddressInfo).port));
process.on('disconnect', () => process.exit());
