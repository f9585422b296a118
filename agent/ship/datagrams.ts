/**
 * Datagrams by write(2). On a connected socket it sends one datagram, as send(2) does, and it costs half the JavaScript that
 * node:dgram does, which makes a request, a list and a call back for each.
 */
import type { Socket } from 'node:dgram';
import fs from 'node:fs';

/**
 * Gives the kernel `length` bytes of `bytes` as one datagram: undefined when it has taken them, else its error, as `send` would
 * tell it; EAGAIN where there is no room now. Never called once the socket is closed.
 */
export type WriteDatagram = (bytes: Uint8Array, offset: number, length: number) => Error | undefined;

/** Undefined where the descriptor of the socket is not to be had, as on Windows. The socket is connected. */
export function writerOf(socket: Socket): WriteDatagram | undefined {
  const fd = descriptorOf(socket);
  if (fd === undefined) return undefined;
  return (bytes, offset, length) => {
    try {
      fs.writeSync(fd, bytes, offset, length);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  };
}

/** node:dgram keeps its handle under a symbol of its own. What is found there is used only if it is the descriptor of a socket. */
function descriptorOf(socket: Socket): number | undefined {
  try {
    const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol');
    const fd: unknown = key && Reflect.get(socket, key)?.handle?.fd;
    return typeof fd === 'number' && fs.fstatSync(fd).isSocket() ? fd : undefined;
  } catch {
    return undefined;
  }
}
