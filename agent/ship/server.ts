/** One of a destination's servers: its name is resolved at every connect, and every address of it is tried in turn. */
import type { AckLevel, Target } from '../types.ts';
import { reasonOf } from './reasons.ts';
import type { TransportParts } from './transport.ts';
import { type Address, addressText, type Session, type SessionEvents, type Transport } from './transport.ts';

export type Server = {
  readonly target: Target;
  readonly level: AckLevel;
  /** Rejects with an Error whose message reads on after a colon, and with the signal's reason once that is aborted. */
  connect(signal: AbortSignal, probe: Buffer | undefined, events: SessionEvents): Promise<Session>;
};

/** `create`: what makes the transport of the target's scheme. It is told of this one target alone. */
export function createServer(
  parts: TransportParts,
  target: Target,
  create: (parts: TransportParts) => Transport,
): Server {
  const { link, sockets, clock, log } = parts;
  const transport = create({ link: { ...link, targets: [target] }, sockets, clock, log });
  const { host, port } = target;
  return {
    target,
    level: transport.level,
    async connect(signal, probe, events) {
      const problems: string[] = [];
      for (const found of await unlessAborted(sockets.lookup(host), signal)) {
        const address: Address = { host: found.address, port, family: found.family === 6 ? 6 : 4, name: host };
        try {
          return await transport.connect(address, { signal, probe }, events);
        } catch (error) {
          signal.throwIfAborted();
          const reason = reasonOf(error);
          problems.push(found.address === host ? reason : `${reason} (${addressText(address)})`);
        }
      }
      throw new Error(problems.join('; ') || 'the name has no address');
    },
  };
}

/** A lookup cannot be interrupted, but it need not be waited for. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason);
    signal.addEventListener('abort', aborted);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}
