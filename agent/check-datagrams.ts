/** What `tailship check` says of UDP messages that are larger than a packet on the way to the server. Nothing is sent for it. */
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { sectionText } from './config-names.ts';
import { type Placed, placeOf, warning } from './findings.ts';
import type { Loaded } from './sections.ts';
import { holds, type Route, routeFrom } from './ship/route.ts';

/** Undefined where there is no route, or the system does not tell. */
type FindRoute = (address: string) => Promise<Route | undefined>;

/** A warning for each UDP server to which a message of `chunk` bytes goes in fragments. Names are not looked up for it. */
export async function checkDatagrams(loaded: Loaded, find: FindRoute = findRoute): Promise<Placed[]> {
  const checks = loaded.config.destinations.flatMap(({ name, record, link }) => {
    const where = placeOf(loaded, sectionText('syslog', name === 'syslog' ? undefined : name), 'chunk');
    return link.targets.map(async ({ scheme, host, url }) => {
      const family = isIP(host);
      const route = scheme === 'udp' && family !== 0 ? await find(host) : undefined;
      if (route === undefined) return [];
      const fits = holds(route, family === 6 ? 6 : 4);
      if (record.chunk <= fits) return [];
      const what = `${name}: chunk = ${record.chunk}, but a packet to ${url} leaves by ${route.device} and holds ${fits} bytes of a message. Longer ones go in fragments, and one that is lost takes the whole message along.`;
      return [
        { ...warning('datagram-fragments', what, `Set chunk = ${fits} or less, or use tcp, tls or relp`), where },
      ];
    });
  });
  return (await Promise.all(checks)).flat();
}

/** A UDP socket that is connected knows the address that it sends from, and so the device. Connecting sends nothing. */
async function findRoute(address: string): Promise<Route | undefined> {
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.connect(9, address, () => resolve());
    });
    return routeFrom(socket.address().address);
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}
