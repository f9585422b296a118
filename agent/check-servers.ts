/** What `tailship check --connect` says of the servers: does the name resolve, does somebody listen there. Nothing is sent. */
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { askRelpOffer, type Cover } from './check-relp.ts';
import { checkTls, coverFor, shakeHands } from './check-tls.ts';
import { sectionText } from './config-names.ts';
import { bad, fine, type Placed, placeOf, type Said } from './findings.ts';
import type { Loaded } from './sections.ts';
import type { Target, TlsConfig } from './types.ts';

/** Names and connections, handed in so that a test can refuse them. */
export type Net = {
  /** All addresses of a name. Throws as node:dns does. */
  resolve(host: string): Promise<readonly string[]>;
  /** Opens a RELP session, ends it in order, and gives what the server offers. Throws as connect does, or an Error with a sentence. */
  offer(address: string, port: number, ms: number, cover?: Cover): Promise<ReadonlyMap<string, string>>;
  /** Connects and lets go at once. Throws as node:net does; code ETIMEDOUT when nothing comes for `ms`. */
  connect(address: string, port: number, ms: number): Promise<void>;
  /** Makes a TLS connection and lets go of it. */
  readonly shake: typeof shakeHands;
};

/** How long a server may take to answer, ms. */
const PATIENCE = 5_000;

export async function checkServers(loaded: Loaded, net: Net = realNet): Promise<Placed[]> {
  const checks = loaded.config.destinations.flatMap(({ name, link }) => {
    const alone = loaded.config.destinations.length === 1;
    const where = placeOf(loaded, sectionText('syslog', name === 'syslog' ? undefined : name), 'target');
    return link.targets.map(async (target) => {
      const said = await checkTarget(target, link.tls, net);
      return said.map((one) => ({ ...one, what: alone ? one.what : `${name}: ${one.what}`, where }));
    });
  });
  return (await Promise.all(checks)).flat();
}

async function checkTarget(target: Target, tls: TlsConfig, net: Net): Promise<Said[]> {
  const { url, scheme, host, port } = target;
  let addresses: readonly string[];
  try {
    addresses = await net.resolve(host);
  } catch (problem) {
    const cure = `Look for a slip in the name, or ask the resolver: getent hosts ${host}`;
    return [bad('name-unresolved', `${url}: the name ${host} cannot be resolved (${codeOf(problem)}).`, cure)];
  }
  const known = addresses.includes(host) ? '' : `${host} is ${addresses.join(' and ')}. `;
  if (scheme === 'udp') {
    return [fine(`${url}: ${known}Whether anybody listens there cannot be known, because UDP does not answer.`)];
  }
  const failures: string[] = [];
  for (const address of addresses) {
    try {
      const sessions = (offer: ReadonlyMap<string, string>) =>
        fine(`${url}: ${known}Port ${port} of ${address} opens RELP sessions; ${offerText(offer)}.`);
      if (scheme === 'relp') return [sessions(await net.offer(address, port, PATIENCE))];
      await net.connect(address, port, PATIENCE);
      const taken = fine(`${url}: ${known}Port ${port} of ${address} takes connections.`);
      if (scheme === 'tcp') return [taken];
      const said = [taken, ...(await checkTls(target, address, tls, net.shake))];
      if (scheme === 'tls' || said.some(({ level }) => level === 'error')) return said;
      return [...said, sessions(await net.offer(address, port, PATIENCE, coverFor(host, tls)))];
    } catch (problem) {
      failures.push(`${address}: ${inWords(codeOf(problem))}`);
    }
  }
  const cure = `Is the server running and listening on TCP port ${port}, and does every firewall between let this host through?`;
  return [bad('server-away', `${url}: ${known}No connection: ${failures.join('; ')}.`, cure)];
}

function offerText(offer: ReadonlyMap<string, string>): string {
  const commands = offer.get('commands') ?? 'nothing by name';
  const software = offer.get('relp_software');
  return `it offers ${commands}${software === undefined ? '' : `, and calls itself ${software}`}`;
}

function inWords(code: string): string {
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'nobody listens on this port',
    ETIMEDOUT: `no answer within ${PATIENCE / 1000} s`,
    EHOSTUNREACH: 'there is no way to this host',
    ENETUNREACH: 'there is no way to this network',
  };
  return words[code] ?? code;
}

function codeOf(problem: unknown): string {
  const { code, message } = problem as NodeJS.ErrnoException;
  return code ?? message;
}

const realNet: Net = {
  shake: shakeHands,
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  offer: askRelpOffer,
  connect: (host, port, ms) =>
    new Promise((resolve, reject) => {
      const socket = connect({ host, port, timeout: ms });
      socket.on('connect', () => {
        socket.destroy();
        resolve();
      });
      socket.on('timeout', () => socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
      socket.on('error', reject);
    }),
};
