import net from 'node:net';
import type { Scene } from './temp.ts';

/** A server of the test's own process that keeps what it gets. */
export type Sink = {
  readonly port: number;
  /** All messages so far, split at line feeds, over all connections in the order in which their bytes came. */
  messages(): string[];
  /** How many connections there have been. */
  connections(): number;
};

/** A TCP server for newline framing. `deaf`: it takes connections and never reads from them. */
export async function startSink(scene: Scene, { deaf = false, port = 0 } = {}): Promise<Sink> {
  const chunks: Buffer[] = [];
  const sockets = new Set<net.Socket>();
  let connections = 0;
  const server = net.createServer({ pauseOnConnect: deaf }, (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {}); // The agent may be killed.
    if (!deaf) socket.on('data', (bytes) => chunks.push(bytes as Buffer));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  scene.atEnd(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port: (server.address() as net.AddressInfo).port,
    messages: () => Buffer.concat(chunks).toString().split('\n').slice(0, -1),
    connections: () => connections,
  };
}
