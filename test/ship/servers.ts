/** Servers for the transport suite, in the test's own process, and the records that they are sent. */
import dgram from 'node:dgram';
import net from 'node:net';
import type { TestContext } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import tls from 'node:tls';
import { createDeframer } from '../../agent/wire/framing.ts';
import { createRelpParser, frameRelp, isRelpCommand, relpText } from '../../agent/wire/relp.ts';

/** What a server application has read: the numbers of the records, and the same for each connection. */
export type Server = {
  readonly port: number;
  readonly received: number[];
  readonly connections: number[][];
  /** Connections that were made, those too of which TLS came to nothing. */
  readonly attempts: number;
  /** The first byte that came on each connection that brought any. */
  readonly firstBytes: string[];
  /** Resets all connections, and goes on listening. */
  reset(): void;
  /** Dies: unread bytes are thrown away, connections are reset. */
  die(): Promise<void>;
  /** Listens on the same port again, after `die`. */
  revive(): Promise<void>;
};

/** What becomes of one connection, the `index`th; `read` takes its bytes apart, and over RELP answers them. */
export type Treatment = (socket: net.Socket, read: (bytes: Buffer) => void, index: number) => void;

export const reads: Treatment = (socket, read) => void socket.on('data', read);

export type ServerSetup = {
  /** What it is set up with to speak TLS. */
  readonly secure?: tls.TlsOptions;
  /** It speaks RELP, and answers so. */
  readonly answers?: Answers;
  /** Takes the `index`th connection before TLS does; true where it has dealt with it. */
  readonly before?: (raw: net.Socket, index: number) => boolean;
  /** A connection stands (over UDP: the port is open); and a message was taken, whole. */
  readonly met?: () => void;
  readonly heard?: (message: string) => void;
};

export function recordOf(number: number, bytes: number): string {
  return `<13>${number} `.padEnd(bytes, 'x');
}

/** The number in one of the records above, or in a line that says `number N.` */
function numberOf(message: string): number {
  const [, own, told] = /^<13>(\d+) x+$|number (\d+)\./.exec(message) ?? [];
  return Number(own ?? told);
}

export async function startTcp(t: TestContext, treat: Treatment = reads, setup: ServerSetup = {}): Promise<Server> {
  const open = new Set<net.Socket>();
  const below = new Map<number | undefined, net.Socket>();
  const received: number[] = [];
  const connections: number[][] = [];
  const firstBytes: string[] = [];
  let attempts = 0;
  const serve = (socket: net.Socket) => {
    open.add(socket);
    const own: number[] = [];
    connections.push(own);
    // A message without its end is none: a server that takes it for one has itself to blame.
    const note = (message: string) => {
      own.push(numberOf(message));
      received.push(own.at(-1)!);
      setup.heard?.(message);
    };
    const index = connections.length - 1;
    const { push } = setup.answers
      ? relpReader(socket, setup.answers, index, note)
      : createDeframer((bytes, start, end) => note(bytes.toString('latin1', start, end)), 1_000_000);
    // Prepended, it is heard before whoever reads, and does not make the socket flow.
    socket.prependOnceListener('data', (bytes: Buffer) => firstBytes.push(bytes.toString('latin1', 0, 1)));
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    socket.on('end', () => socket.end());
    setup.met?.();
    treat(socket, push, index);
    if (treat === reads) socket.resume();
  };
  const above = setup.secure ? secureServer(setup.secure, serve, below) : undefined;
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: !above }, (socket) => {
    attempts += 1;
    if (setup.before?.(socket, attempts - 1)) socket.on('error', () => {});
    else if (above) above.emit('connection', socket);
    else serve(socket);
  });
  let port = 0;
  const revive = () => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const reset = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  const die = async () => {
    reset();
    for (const socket of below.values()) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  await revive();
  port = (server.address() as net.AddressInfo).port;
  t.after(die);
  return {
    ...{ port, received, connections, firstBytes, reset, die, revive },
    get attempts() {
      return attempts;
    },
  };
}

/** A TLS socket cannot reset its connection; the one below it can. */
function secureServer(
  options: tls.TlsOptions,
  serve: (socket: net.Socket) => void,
  below: Map<number | undefined, net.Socket>,
): tls.Server {
  const server = tls.createServer({ allowHalfOpen: true, ...options }, (socket) => {
    const raw = below.get(socket.remotePort);
    if (raw) socket.resetAndDestroy = () => raw.resetAndDestroy() && socket;
    serve(socket);
  });
  server.on('connection', (socket: net.Socket) => {
    const { remotePort } = socket;
    below.set(remotePort, socket);
    socket.on('close', () => below.delete(remotePort));
  });
  return server;
}

/** How a RELP server behaves on one connection: what it answers to the record `number`, or nothing. */
export type Answers = (number: number, index: number, say: (text: string) => void) => string | undefined;

/** Speaks RELP on a connection; `note` is told of each record that is taken. */
function relpReader(socket: net.Socket, answers: Answers, index: number, note: (message: string) => void) {
  const say = (text: string) => void (socket.writable && socket.write(text));
  return createRelpParser((frame) => {
    if (isRelpCommand(frame, 'syslog')) {
      const message = relpText(frame);
      const { txnr } = frame;
      const answer = answers(numberOf(message), index, say);
      if (answer === undefined) return !socket.destroyed;
      if (answer.startsWith('200')) note(message);
      say(frameRelp(txnr, 'rsp', answer).toString());
    } else if (isRelpCommand(frame, 'open')) say(frameRelp(frame.txnr, 'rsp', '200 OK\ncommands=syslog').toString());
    else if (isRelpCommand(frame, 'close')) say(frameRelp(frame.txnr, 'rsp').toString());
    return !socket.destroyed;
  }, 1_000_000);
}

export async function startUdp(t: TestContext, setup: Pick<ServerSetup, 'met' | 'heard'> = {}): Promise<Server> {
  const received: number[] = [];
  const connections: number[][] = [];
  let socket: dgram.Socket | undefined;
  let port = 0;
  async function revive(): Promise<void> {
    socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 4 * 2 ** 20 });
    const own: number[] = [];
    connections.push(own);
    setup.met?.();
    socket.on('message', (bytes) => {
      const message = bytes.toString('latin1');
      own.push(numberOf(message));
      received.push(own.at(-1)!);
      setup.heard?.(message);
    });
    await new Promise<void>((resolve) => socket?.bind(port, '127.0.0.1', resolve));
    port = socket.address().port;
  }
  async function die(): Promise<void> {
    // What its kernel took is its own: a datagram that is thrown away unread is not refused, and nobody could know.
    for (let before = -1; before < received.length; ) {
      before = received.length;
      for (let turns = 0; turns < 3; turns += 1) await turnOfLoop();
    }
    const dying = socket;
    socket = undefined;
    if (dying) await new Promise<void>((resolve) => dying.close(resolve));
  }
  await revive();
  t.after(die);
  return { port, received, connections, attempts: 0, firstBytes: [], reset() {}, die, revive };
}
