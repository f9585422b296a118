/** What `tailship check` says of messages that a server may cut: rsyslog's default limit is the one that is met most. */
import { sectionText } from './config-names.ts';
import { type Placed, placeOf, warning } from './findings.ts';
import type { Loaded } from './sections.ts';

/** rsyslog's maxMessageSize where it is not set is 8k; what is longer than this many bytes it cuts. */
const RSYSLOG_TAKES = 8096;

/** A warning for each destination whose `chunk` is above what a server with default limits takes whole. */
export function checkChunks(loaded: Loaded): Placed[] {
  return loaded.config.destinations.flatMap(({ name, record, link }) => {
    const streams = link.targets.some(({ scheme }) => scheme !== 'udp');
    if (!streams || (record.chunk > 0 && record.chunk <= RSYSLOG_TAKES)) return [];
    const relp = link.targets.some(({ scheme }) => scheme.startsWith('relp'));
    const forges = link.framing === 'newline' && !link.targets.every(({ scheme }) => scheme.startsWith('relp'));
    const does = forges
      ? 'takes what is behind them for a message of its own'
      : `throws away what is behind them${relp ? ', and answers 200 OK all the same' : ''}`;
    const size = record.chunk === 0 ? 'chunk = 0 sets no limit' : `chunk = ${record.chunk}`;
    const said = warning(
      'chunk-large',
      `${name}: ${size}, but an rsyslog with its default limit takes ${RSYSLOG_TAKES} bytes of a message and ${does}.`,
      `Set global(maxMessageSize="...") on the server at least as large, or leave chunk out`,
    );
    return [{ ...said, where: placeOf(loaded, sectionText('syslog', name === 'syslog' ? undefined : name), 'chunk') }];
  });
}
