/**
 * A TLS connection in the shape of a TcpSocket, so that whatever is carried over TCP can be carried over it as it stands.
 *
 * The kernel's table of connections counts bytes of TLS records, not of what is written here. `wireBytes` makes the bridge: when
 * the `done` of a write is called, the kernel has all of `wireBytes()` bytes, and the write's own are the last of them. This
 * holds because no write is given to TLS before the one ahead of it is through; writes that wait go together.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../types.ts';
import type { TcpSocket } from './sockets.ts';

/** How long close_notify may take to leave, ms: the kernel's buffer may be full of what nobody reads. */
const FAREWELL = 1_000;

type Write = { readonly bytes: Uint8Array; readonly done: (error?: Error | null) => void };

/** `raw` is the connection under `tls`, which stands. `reasonOf` puts an error of TLS into words. */
export function createTlsSocket(parts: {
  readonly raw: Socket;
  readonly tls: TLSSocket;
  readonly reasonOf: (error: Error) => string;
  /** What a close without a word may mean; read when it comes. */
  readonly closedBecause: () => string | undefined;
  readonly clock: Pick<Clock, 'after'>;
}): TcpSocket {
  const { raw, tls, clock } = parts;
  let waiting: Write[] = [];
  let waitingBytes = 0;
  let busy = false;
  let ending = false;

  function flush(): void {
    if (busy) return;
    const writes = waiting;
    const last = writes.at(-1);
    if (!last) {
      if (ending) tls.end();
      return;
    }
    busy = true;
    waiting = [];
    waitingBytes = 0;
    tls.cork();
    for (const { bytes } of writes.slice(0, -1)) tls.write(bytes);
    tls.write(last.bytes, (error) => {
      busy = false;
      for (const { done } of writes) done(error);
      if (!error) flush();
    });
    tls.uncork();
  }

  function letGo(): void {
    tls.destroy();
    raw.destroy();
  }

  return {
    localAddress: raw.localAddress,
    localPort: raw.localPort,
    remoteAddress: raw.remoteAddress,
    remotePort: raw.remotePort,
    get writableLength() {
      return waitingBytes + tls.writableLength;
    },
    get writableFinished() {
      return tls.writableFinished;
    },
    wireBytes: () => raw.bytesWritten,
    closedBecause: parts.closedBecause,
    write(bytes, done) {
      waiting.push({ bytes, done });
      waitingBytes += bytes.length;
      flush();
    },
    end() {
      ending = true;
      flush();
    },
    destroy() {
      // Where a record was cut off there is nothing to be said in order, and after an error nobody listens.
      const inOrder = !busy && waiting.length === 0 && !tls.destroyed && raw.writable;
      if (!inOrder) return letGo();
      // close_notify (RFC 8446 section 6.1): the server's log then does not take it for an attack that cuts the connection off.
      tls.end(letGo);
      clock.after(FAREWELL, letGo);
    },
    resume: () => tls.resume(),
    on(event: string, run: (what: Error & Buffer) => void) {
      if (event === 'error') tls.on('error', (error) => run(new Error(parts.reasonOf(error)) as Error & Buffer));
      else tls.on(event, run);
    },
  };
}
