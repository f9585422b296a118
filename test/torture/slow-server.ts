/**
 * A TCP server that is a process of its own, so that it can be stopped and killed: `slow-server.ts PORT FOLDER BYTES`. It reads
 * BYTES a second (0: as fast as it can) and writes what each connection brings into a file of its own before it reads on.
 */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

const [port, folder = '', rate] = process.argv.slice(2).map((word, i) => (i === 1 ? word : Number(word))) as [
  number,
  string,
  number,
];
/** How often a slow server reads, ms. */
const TICK = 20;
let connections = 0;

const server = net.createServer((socket) => {
  connections += 1;
  const out = fs.openSync(path.join(folder, `${Date.now()}-${process.pid}-${connections}`), 'w');
  const take = (bytes: Buffer | null) => bytes && fs.writeSync(out, bytes);
  socket.on('error', () => {}).on('end', () => socket.end());
  if (rate === 0) return void socket.on('data', take);
  // A small buffer in the process: what is not read stays in the kernel's.
  const timer = setInterval(() => take(socket.read(Math.floor((rate * TICK) / 1000)) ?? null), TICK);
  socket.on('close', () => clearInterval(timer));
});
server.listen({ port, host: '127.0.0.1', highWaterMark: 4096 } as net.ListenOptions, () =>
  process.stdout.write('listens\n'),
);
