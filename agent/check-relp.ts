/** What `tailship check --connect` asks of a RELP server: it opens a session, hears the offer, and closes it. No record is sent. */
import { realClock } from './ops/clock.ts';
import { realSockets, type TcpSocket } from './ship/sockets.ts';
import {
  createRelpParser,
  frameRelp,
  isRelpCommand,
  RELP_OFFERS,
  readRelpCode,
  readRelpOffers,
  relpText,
} from './wire/relp.ts';

const LONGEST_OFFER = 64 * 1024;

/** What is put between the connection and RELP: TLS. */
export type Cover = (raw: TcpSocket) => Promise<TcpSocket>;

/** Gives what the server offers. Throws as node:net does; code ETIMEDOUT when nothing comes for `ms`; else an Error with a reason. */
export async function askRelpOffer(
  host: string,
  port: number,
  ms: number,
  cover: Cover = async (raw) => raw,
): Promise<ReadonlyMap<string, string>> {
  const raw = realSockets.connectTcp(host, port);
  let top = raw;
  const covered: Cover = async (below) => {
    top = await cover(below);
    return top;
  };
  const late = Promise.withResolvers<never>();
  const cancel = realClock.after(ms, () => late.reject(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
  try {
    return await Promise.race([late.promise, talk(raw, covered)]);
  } finally {
    cancel();
    top.destroy();
  }
}

async function talk(raw: TcpSocket, cover: Cover): Promise<ReadonlyMap<string, string>> {
  await new Promise<void>((resolve, reject) => {
    raw.on('error', reject);
    raw.on('connect', resolve);
  });
  const socket = await cover(raw);
  const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<string, string>>();
  const parser = createRelpParser((frame) => {
    if (!isRelpCommand(frame, 'rsp')) return true;
    const [head = '', ...offers] = relpText(frame).split('\n');
    const good = readRelpCode(frame) === 200;
    const offer = readRelpOffers(offers.join('\n'));
    // The session is closed in order before the connection is let go.
    socket.write(frameRelp(2, 'close'), () => {
      if (good) resolve(offer);
      else reject(new Error(`it refuses the session (${head})`));
    });
    return false;
  }, LONGEST_OFFER);
  socket.on('data', (bytes) => {
    try {
      parser.push(bytes);
    } catch (problem) {
      reject(new Error(`it does not speak RELP (${(problem as Error).message})`));
    }
  });
  socket.on('error', reject);
  socket.on('end', () => reject(new Error('it closed the connection without a word')));
  socket.on('close', () => reject(new Error('it closed the connection without a word')));
  socket.write(frameRelp(1, 'open', RELP_OFFERS), () => {});
  return promise;
}
