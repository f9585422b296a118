/**
 * A live file of which an event tells is read on first and looked at afterwards, so that a lone line is on its way before the stat,
 * the hash of the head and those of the marks that a look takes. It is safe where a walk would read on without a look as well, as it
 * does in a backlog: every read begins with the bytes before the position, and they have to be those that were read.
 */
import type { Clock } from '../types.ts';
import type { Chain } from './chain-parts.ts';
import type { Handles } from './generation.ts';

/** A file that changed so long ago, in ms, is looked at first: its time of change tells the year of its lines. */
const RECENT = 60_000;

/** True where more is expected in the live file from now on; false where a look has to come first. */
export function expectMore(chain: Chain, clock: Clock, handles: Handles): boolean {
  const live = chain.live();
  // Before the first byte of a file, what it held and lost to a copy goes first: the look finds that.
  if (!live || live.ended || live.clues.headBytes === 0 || chain.waits()) return false;
  if (!handles.isOpen(live) || Math.abs(clock.now() - live.modified) > RECENT) return false;
  live.version += 1;
  return true;
}
