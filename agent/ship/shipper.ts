/**
 * One destination's way to its server: takes batches in order, keeps each until it is settled, sends again what a broken link
 * leaves unsettled, and hands it back when the server stays away.
 *
 *   connecting   from the start, or from a break, until the first attempt has succeeded (all is sent again) or failed
 *   up           what is sent goes out
 *   down         what was unsettled is handed back; attempts go on, and the first that succeeds makes it up
 */
import type { Sent } from '../types.ts';
import { createBuckets } from './bucket.ts';
import { createLink, type Retry } from './link.ts';
import { createPace, type Paced } from './pace.ts';
import type { LinkState, ShipperParts, SingleShipper } from './shipper-types.ts';
import type { Refusal, Session, SessionEnd } from './transport.ts';
import { createWindow, isEmpty } from './window.ts';

const RETRY: Retry = { least: 200, ceiling: 10_000 };

export function createShipper(parts: ShipperParts): SingleShipper {
  const { clock, log, events } = parts;
  const window = createWindow(parts.link.window);
  const messages = { sent: 0, repeated: 0, refused: 0 };
  let state: LinkState = 'connecting';
  let since = clock.now();
  let problem: string | undefined;
  let address: string | undefined;
  let session: Paced | undefined;
  /** How many batches the session has settled. */
  let settledBatches = 0;
  /** Settled, and not yet told. */
  let news: Sent[] = [];
  let probe: Buffer | undefined;
  /** Set by `stop`: ends the wait for proof. */
  let conclude: (() => void) | undefined;

  const pace = createPace(parts.buckets ?? createBuckets(parts.link, clock), clock, () => events.changed());

  const link = createLink({
    ...parts,
    retry: parts.retry ?? RETRY,
    events: { up, settled, closed, leaving, failed, excess, probe: () => probe },
  });

  function excess(): number {
    return Math.max(window.excess(), parts.excess?.() ?? 0);
  }

  function enter(next: LinkState): void {
    if (state === next) return;
    state = next;
    since = clock.now();
    events.changed();
  }

  function up(plain: Session): void {
    const fresh = pace.wrap(plain);
    session = fresh;
    address = fresh.address;
    settledBatches = 0;
    probe = undefined;
    for (const sent of [...window.unsettled()]) if (!isEmpty(sent)) put(fresh, sent);
    enter('up');
  }

  function put(to: Paced, sent: Sent): void {
    const count = sent.batch.ends.length;
    messages.sent += count;
    if (sent.again) messages.repeated += count;
    to.write(sent);
  }

  function settled(pieces: number, refusals: readonly Refusal[] = []): void {
    if (!session) return;
    const { batches, refused } = session.settled(pieces, refusals);
    settledBatches += batches;
    const sent = window.settle(batches);
    if (refused.length > 0) refuse(sent, refused);
    report(sent);
  }

  /** Notes with the batches what of them was refused, and says it. */
  function refuse(sent: Sent[], refusals: readonly Refusal[]): void {
    const places = [...sent.keys()].filter((i) => !isEmpty(sent[i]!));
    for (const { at, ...refused } of refusals) {
      sent[places[at]!] = { ...sent[places[at]!]!, refused };
      messages.refused += refused.ends.length;
      log.error(
        'record-refused',
        `A record cannot be sent to ${link.target.url} and is set aside in the spool: ${refused.reason}. Send it again with 'tailship spool retry', or drop it.`,
        { refused: messages.refused },
      );
    }
  }

  /** Tells what is settled at the end of this turn, so that it comes in bulk and never while somebody is in `send`. */
  function report(sent: Sent[]): void {
    if (sent.length === 0) return;
    if (news.length === 0) queueMicrotask(flush);
    news.push(...sent);
  }

  function flush(): void {
    if (news.length === 0) return;
    const sent = news;
    news = [];
    events.settled(sent);
    if (window.unsettled().length === 0) conclude?.();
  }

  function closed(end: SessionEnd): void {
    // An orderly end proves what was written, and nothing that still waited for its time.
    if (session) takeBack(session, end.orderly ? session.given() : 0);
    session = undefined;
    problem = end.orderly ? problem : end.reason;
    probe = firstMessage(window.unsettled());
    enter('connecting');
    conclude?.();
  }

  /** What the session has proven settles; what else it leaves is marked, and reduced to what is still to be sent. */
  function takeBack(from: Paced, proven: number): void {
    const begun = from.begun() - settledBatches;
    report(window.settle(proven));
    window.markAgain(begun - proven);
    if (proven === 0 && from.left) window.replace(from.left());
    from.halt();
  }

  function leaving(): void {
    session?.halt();
    enter('connecting');
  }

  function failed(reason: string): void {
    problem = reason;
    flush();
    const unsettled = window.clear();
    if (state !== 'down' || unsettled.length > 0) events.down(unsettled, reason);
    enter('down');
  }

  async function stop(graceMs: number): Promise<readonly Sent[]> {
    link.stop();
    if (session && graceMs > 0 && window.unsettled().length > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      conclude = resolve;
      const cancel = clock.after(graceMs, resolve);
      session.finish();
      await promise;
      cancel();
    }
    if (session) {
      takeBack(session, 0);
      session.close();
      session = undefined;
    }
    flush();
    return window.clear();
  }

  return {
    link: () => state,
    room: () => (session?.waiting() ? 0 : window.room()),
    waiting: () => session?.waiting(),
    send(sent) {
      window.push(sent);
      if (isEmpty(sent)) report(window.settle(0));
      else if (session && state === 'up') put(session, sent);
    },
    start: link.start,
    stop,
    reclaim() {
      flush();
      return window.clear();
    },
    status: () => ({
      ...{ state, since, target: link.target.url, address, level: link.level, nextTry: link.nextTry(), problem },
      ...{ messages: { ...messages }, underway: [...window.unsettled()] },
    }),
  };
}

/** A copy of the oldest message, so that the batch around it need not be kept. */
function firstMessage(unsettled: readonly Sent[]): Buffer | undefined {
  const batch = unsettled.find((sent) => !isEmpty(sent))?.batch;
  return batch && Buffer.from(batch.payload.subarray(0, batch.ends[0]));
}
