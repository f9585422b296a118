/** Syslog over RELP: a record is answered `200 OK` once it is written, so a sender knows what it may forget. */
import type { Socket } from 'node:net';
import {
  createRelpParser,
  frameOks,
  frameRelp,
  isRelpCommand,
  RELP_OFFERS,
  type RelpFrame,
  readRelpOffers,
  relpText,
} from '../wire/relp.ts';
import type { ListenAddress } from './address.ts';
import type { Listener, ListenerParts } from './listener.ts';
import { openTcp } from './tcp.ts';
import { openTls } from './tls.ts';

/** Listens for connections, any number at once. Rejects with a ListenProblem. */
export function openRelp(address: ListenAddress, parts: ListenerParts): Promise<Listener> {
  return openTcp(address, parts, serve);
}

/** The same over TLS. */
export function openRelps(address: ListenAddress, parts: ListenerParts): Promise<Listener> {
  return openTls(address, parts, serve);
}

/** Takes a session's records until the peer closes it. Gives what takes leave of the peer. */
function serve(socket: Socket, { taker, say, limit, written }: ListenerParts, reset: () => void): () => Promise<void> {
  const peer = `${socket.remoteAddress}:${socket.remotePort}`;
  let opened = false;
  let closing = false;
  let over = false;
  /** Records of the chunk at hand that were taken and not yet answered. */
  let taken: number[] = [];
  /** Answers go out in the order of the commands. */
  let answers: Promise<unknown> = Promise.resolve();

  function end(sentence: string): void {
    if (over) return;
    over = true;
    say(sentence);
    socket.destroy();
  }

  /** Once all that was taken so far is written: answers to it, and then `more`. */
  function answer(more?: Buffer, last = false): void {
    const txnrs = taken;
    taken = [];
    if (txnrs.length === 0 && !more) return;
    const good = written();
    answers = answers.then(async () => {
      if (!(await good)) reset();
      if (socket.destroyed) return;
      if (txnrs.length > 0) socket.write(frameOks(txnrs));
      if (more) socket.write(more);
      if (last) socket.end();
    });
  }

  function open(frame: RelpFrame): void {
    const commands = readRelpOffers(relpText(frame)).get('commands');
    opened = commands === undefined || commands.split(',').some((name) => name.trim() === 'syslog');
    const reply = opened ? `200 OK\n${RELP_OFFERS}` : '500 this server takes the command syslog';
    answer(frameRelp(frame.txnr, 'rsp', reply));
  }

  function take(frame: RelpFrame): boolean {
    if (isRelpCommand(frame, 'syslog') && opened) {
      if (frame.dataEnd > frame.dataStart) taker.take(frame.bytes, frame.dataStart, frame.dataEnd, undefined);
      taken.push(frame.txnr);
      return true;
    }
    if (isRelpCommand(frame, 'close')) {
      closing = true;
      answer(frameRelp(frame.txnr, 'rsp'), true);
      return false;
    }
    if (isRelpCommand(frame, 'open') && !opened) open(frame);
    else answer(frameRelp(frame.txnr, 'rsp', opened ? '500 unknown command' : '500 the session is not open'));
    return true;
  }

  const parser = createRelpParser(take, limit);
  socket.on('data', (bytes) => {
    // What comes after our leave is not answered, so it comes again.
    if (over) return;
    taker.chunk(bytes as Buffer);
    try {
      parser.push(bytes as Buffer);
    } catch (problem) {
      end(`The connection from ${peer} is closed, because it does not speak RELP: ${(problem as Error).message}.`);
    }
    answer();
  });
  socket.on('end', () => {
    broken('ended');
    answers = answers.then(() => socket.end());
  });
  socket.on('error', (error) => broken(`broke (${error.message})`));

  function broken(how: string): void {
    const lost = parser.pending();
    if (over || closing) return;
    over = true;
    if (lost > 0) taker.brokeOff();
    const rest = lost > 0 ? `, in the middle of a record: ${lost} bytes of it came and are not written` : '';
    say(`The connection from ${peer} ${how} without closing its session${rest}. What was not answered comes again.`);
  }

  return async () => {
    answer(frameRelp(0, 'serverclose'), true);
    over = true;
    await answers;
  };
}
