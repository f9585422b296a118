/**
 * The server of the measurement, a process of its own: it reads as fast as it can, counts bytes and line feeds, and tells its
 * parent once as many line feeds came as its argument says, or the last sender has closed. It tells its port first.
 */
import net from 'node:net';

/** What came over all connections, and when its first and last bytes came, in ms of one clock. */
export type Arrived = {
  readonly bytes: number;
  readonly lineFeeds: number;
  readonly first: number;
  readonly last: number;
};

const expected = Number(process.argv[2]);
let bytes = 0;
let lineFeeds = 0;
let first = 0;
let last = 0;
/** Open connections: rsyslog has one for each of its worker threads. */
let open = 0;
let told = false;

function tell(): void {
  if (!told) process.send?.({ bytes, lineFeeds, first, last } satisfies Arrived);
  told = true;
}

const server = net.createServer((socket) => {
  open += 1;
  socket.on('data', (block: Buffer) => {
    last = performance.now();
    if (bytes === 0) first = last;
    bytes += block.length;
    for (let at = block.indexOf(10); at !== -1; at = block.indexOf(10, at + 1)) lineFeeds += 1;
    if (lineFeeds >= expected) tell();
  });
  socket.on('close', () => {
    open -= 1;
    if (open === 0) tell();
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as net.AddressInfo).port));
process.on('disconnect', () => process.exit());
