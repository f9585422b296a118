/**
 * RELP: the server answers each message by its number, so what is settled is known and not inferred. A session begins with `open`
 * and what both sides offer; what it does from then on is in relp-session.ts.
 */
import {
  createRelpParser,
  frameRelp,
  isRelpCommand,
  RELP_OFFERS,
  type RelpFrame,
  readRelpCode,
  readRelpOffers,
  relpText,
} from '../wire/relp.ts';
import { reasonOf } from './reasons.ts';
import { createRelpSession, type RelpTake } from './relp-session.ts';
import type { TcpSocket } from './sockets.ts';
import { type Cover, connected } from './tcp.ts';
import { addressText, type Transport, type TransportParts } from './transport.ts';

/** How long a server that is connected may take to answer `open`, ms. */
const OPEN_TIMEOUT = 10_000;
/** The most that an answer may hold, in bytes. */
const LONGEST_ANSWER = 64 * 1024;

export function createRelp(parts: TransportParts, cover?: Cover): Transport {
  return {
    level: 'confirmed',
    async connect(address, { signal }, events) {
      const raw = parts.sockets.connectTcp(address.host, address.port);
      await connected(raw, parts, signal);
      const socket = cover ? await cover(raw, address, signal) : raw;
      const hear = await opened(socket, parts, signal);
      const { session, take } = createRelpSession({ ...parts, socket, address: addressText(address), events });
      hear(take);
      return session;
    },
  };
}

/**
 * Resolves once the server has answered `open` with what is needed, with a function that says who hears the socket from then on;
 * else destroys the socket and rejects.
 */
function opened(socket: TcpSocket, { clock }: TransportParts, signal: AbortSignal): Promise<(take: RelpTake) => void> {
  return new Promise((resolve, reject) => {
    /** What went wrong after the answer and before anybody else listened. */
    let early: string | undefined;
    let take: RelpTake = {
      frame(frame) {
        const problem = problemOf(frame);
        if (over || problem !== undefined) fail(problem ?? 'the server answers what was not asked');
        else succeed();
        return problem === undefined;
      },
      pushed() {},
      failed: (reason) => fail(reason),
    };
    const parser = createRelpParser((frame) => take.frame(frame), LONGEST_ANSWER);
    let over = false;
    const settle = () => {
      over = true;
      cancel();
      signal.removeEventListener('abort', aborted);
    };
    const succeed = () => {
      settle();
      resolve((next) => {
        take = next;
        if (early !== undefined) setImmediate(next.failed, early);
      });
    };
    const fail = (reason: string) => {
      if (over) {
        early ??= reason;
        return;
      }
      settle();
      socket.destroy();
      reject(new Error(reason));
    };
    const aborted = () => fail('stopped');
    const cancel = clock.after(OPEN_TIMEOUT, () =>
      fail(`connected, but the server did not answer within ${OPEN_TIMEOUT / 1000}s; perhaps it does not speak RELP`),
    );
    signal.addEventListener('abort', aborted);
    socket.on('error', (error) => take.failed(reasonOf(error)));
    socket.on('end', () => {
      take.failed(['the server closed the connection', socket.closedBecause?.() ?? []].flat().join('; '));
    });
    socket.on('close', () => take.failed('the connection was closed'));
    socket.on('data', (bytes) => {
      try {
        parser.push(bytes);
      } catch (error) {
        take.failed(`the server does not speak RELP as it should: ${reasonOf(error)}`);
        return;
      }
      take.pushed();
    });
    socket.write(frameRelp(1, 'open', RELP_OFFERS), () => {});
  });
}

/** Why no messages can be sent after this answer to `open`. */
function problemOf(frame: RelpFrame): string | undefined {
  if (isRelpCommand(frame, 'serverclose')) return 'the server announced that it closes';
  if (frame.txnr !== 1 || !isRelpCommand(frame, 'rsp')) return 'the server did not answer the opening of the session';
  const [head = '', ...offers] = relpText(frame).split('\n');
  if (readRelpCode(frame) !== 200) return `the server refused the session: ${head}`;
  const commands = readRelpOffers(offers.join('\n')).get('commands');
  // A server that offers nothing is believed to know what every RELP server knows.
  if (commands === undefined || commands.split(',').some((name) => name.trim() === 'syslog')) return undefined;
  return `the server takes no syslog over RELP, it offers ${commands}`;
}
