/** What `tailship check --connect` asks of a RELP server: it opens a session, hears the offer, and closes it. No record is sent. */
import { connect } from 'node:net';
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

/** Gives what the server offers. Throws as node:net does; code ETIMEDOUT when nothing comes for `ms`; else an Error with a reason. */
export function askRelpOffer(host: string, port: number, ms: number): Promise<ReadonlyMap<string, string>> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: ms });
    const parser = createRelpParser((frame) => {
      if (!isRelpCommand(frame, 'rsp')) return true;
      const [head = '', ...offers] = relpText(frame).split('\n');
      if (readRelpCode(frame) === 200) resolve(readRelpOffers(offers.join('\n')));
      else reject(new Error(`it refuses the session (${head})`));
      socket.end(frameRelp(2, 'close'), () => socket.destroySoon());
      return false;
    }, LONGEST_OFFER);
    socket.on('connect', () => socket.write(frameRelp(1, 'open', RELP_OFFERS)));
    socket.on('data', (bytes) => {
      try {
        parser.push(bytes as Buffer);
      } catch (problem) {
        reject(new Error(`it does not speak RELP (${(problem as Error).message})`));
        socket.destroy();
      }
    });
    socket.on('timeout', () => socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('it closed the connection without a word')));
  });
}
