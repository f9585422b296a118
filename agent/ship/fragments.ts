/** What is said of UDP messages that are larger than a packet of the device. */
import { holds, type Route } from './route.ts';
import type { Family } from './sockets.ts';
import type { TransportParts } from './transport.ts';

/** Says once that messages go in fragments: the kernel makes them, and nobody else would tell. */
export function createFragmentsWarning({ log, link }: Pick<TransportParts, 'log' | 'link'>) {
  let said = false;
  return (route: Route, family: Family, bytes: number): void => {
    if (said) return;
    said = true;
    const fits = holds(route, family);
    log.warn(
      'datagram-fragments',
      `A message of ${bytes} bytes to ${link.targets[0]?.url} goes in fragments, since a packet by ${route.device} holds ${fits}: one fragment that is lost takes the message along. Set [syslog] chunk = ${fits} or less, or use tcp, tls or relp.`,
    );
  };
}
