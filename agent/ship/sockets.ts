/** The sockets and tables of the system that ship needs, handed in so that a test can make them fail. */
import dgram from 'node:dgram';
import dns from 'node:dns/promises';
import fs from 'node:fs';
import net from 'node:net';
import { type WriteDatagram, writerOf } from './datagrams.ts';
import { type Route, routeFrom } from './route.ts';
import { readRows } from './tcp-rows.ts';

/** What is used of a net.Socket. */
export type TcpSocket = {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /** Bytes taken by `write` that the kernel has not taken. */
  readonly writableLength: number;
  /** The kernel has all bytes and the half-close. */
  readonly writableFinished: boolean;
  /** Only where the kernel gets other bytes than were written (TLS): how many bytes of the connection it was given so far. */
  readonly wireBytes?: () => number;
  /** What a close that comes now without an error may mean; reads on after a semicolon. */
  readonly closedBecause?: () => string | undefined;
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown;
  end(): unknown;
  destroy(): unknown;
  resume(): unknown;
  on(event: 'connect' | 'end' | 'close', run: () => void): unknown;
  on(event: 'data', run: (bytes: Buffer) => void): unknown;
  on(event: 'error', run: (error: Error) => void): unknown;
};

/** What is used of a dgram.Socket. */
export type UdpSocket = {
  connect(port: number, host: string): unknown;
  /** On a connected socket. `done` is called once, never before `send` has returned. */
  send(bytes: Uint8Array, offset: number, length: number, done: (error: Error | null) => void): unknown;
  /** Once it is connected: what gives the kernel datagrams past the socket. Absent or undefined where only `send` can. */
  writer?(): WriteDatagram | undefined;
  close(): unknown;
  /** Once it is connected: by which device its packets leave. Absent where nobody can tell. */
  route?(): Route | undefined;
  on(event: 'connect', run: () => void): unknown;
  on(event: 'error', run: (error: Error) => void): unknown;
};

export type Family = 4 | 6;

export type Sockets = {
  /** Begins to connect. Half-open sockets are allowed, Nagle is off, keepalive is on. */
  connectTcp(host: string, port: number): TcpSocket;
  createUdp(family: Family): UdpSocket;
  /** All addresses of a name, in the order in which they are to be tried. Throws as node:dns does. */
  lookup(host: string): Promise<readonly { readonly address: string; readonly family: number }[]>;
  /**
   * Of the kernel's table of TCP connections of one family the part in which the row that holds `ends` stands; any other part where it
   * has none. Throws where there is no table.
   */
  readTcpTable(family: Family, ends: string): Promise<string>;
  /** The text of net.ipv4.tcp_wmem: the least, usual and greatest size of a send buffer, in bytes. Throws where there is none. */
  readSendBuffers(): Promise<string>;
};

/** Quiet time after which an idle connection is asked whether it still stands, ms. */
const KEEPALIVE_DELAY = 30_000;

/** The real ones. */
export const realSockets: Sockets = {
  connectTcp: (host, port) =>
    net.connect({
      ...{ host, port, allowHalfOpen: true, noDelay: true },
      ...{ keepAlive: true, keepAliveInitialDelay: KEEPALIVE_DELAY },
    }),
  createUdp(family) {
    const socket = dgram.createSocket({ type: family === 6 ? 'udp6' : 'udp4' });
    return Object.assign(socket, {
      route: () => routeFrom(socket.address().address),
      writer: () => writerOf(socket),
    });
  },
  lookup: (host) => dns.lookup(host, { all: true }),
  readTcpTable: (family, ends) => readRows(family === 6 ? '/proc/self/net/tcp6' : '/proc/self/net/tcp', ends),
  readSendBuffers: () => fs.promises.readFile('/proc/sys/net/ipv4/tcp_wmem', 'latin1'),
};
