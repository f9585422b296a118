/** One TCP connection at work: what is written, when to look for acknowledgements, what settles, and how it ends. */
import type { Batch } from '../types.ts';
import { free } from '../wire/free.ts';
import { formatDuration } from '../wire/units.ts';
import { reasonOf } from './reasons.ts';
import { createSettleRule, STALL } from './settle.ts';
import type { TcpSocket } from './sockets.ts';
import { createAcks } from './tcp-acks.ts';
import { costOf, type Session, type SessionEvents, type TransportParts } from './transport.ts';
import { createPositions, SAME } from './wire-positions.ts';

/** The socket is given more while it holds less than this: the kernel is never idle, and little waits outside the window. */
const HIGH_WATER = 1024 * 1024;
/** A look falls due so long after the oldest byte was written that was not seen acknowledged, ms: just in time to prove no stall. */
const LOOK_AFTER = STALL - 10;
/** With a full window also so long after the last settle, ms. */
const LOOK_WHEN_STUCK = 50;
/** What a full window settles early was acknowledged so long ago, ms, or half a window of acknowledged bytes stands behind it. */
const PRESSED = 500;
const LEAST_RESERVE = 256 * 1024;
/** How often the table is read for the proof of a close, and the time between, ms. */
const PROOF_LOOKS = 10;
const PROOF_GAP = 20;

export type TcpSessionParts = Omit<TransportParts, 'log'> & {
  /** Connected. */
  readonly socket: TcpSocket;
  readonly address: string;
  /** The bytes of a batch on the wire. */
  readonly frame: (batch: Batch) => Buffer;
  readonly events: SessionEvents;
  /** The greatest size of the kernel's send buffer, in bytes; Infinity where it is not known. */
  readonly sendLimit: number;
  /** Told why the table of connections cannot be used, when that turns out. */
  readonly tableLost: (reason: string) => void;
};

export function createTcpSession(parts: TcpSessionParts): Session {
  const { socket, clock, events, frame, link } = parts;
  const reserve = Math.max(LEAST_RESERVE, link.window / 2);
  const rule = createSettleRule({ linger: link.linger, reserve, pressed: PRESSED });
  const acks = createAcks({ ...parts, ticks: clock.ticks, handed: () => handed });
  const positions = socket.wireBytes ? createPositions() : SAME;
  /** Taken, and not yet given to the socket. */
  const queue: Batch[] = [];
  let begun = 0;
  /** Bytes of the wire that the kernel is known to have, and how many of them were seen acknowledged. */
  let handed = 0;
  let seen = 0;
  let written = 0;
  /** `finish` was called; and the half-close was given to the socket. */
  let finishing = false;
  let halfClosed = false;
  let over = false;
  /** When the peer last acknowledged more, and when something last settled. */
  let progressAt = clock.ticks();
  let settledAt = progressAt;
  let wakeAt = Number.POSITIVE_INFINITY;
  let cancelWake = () => {};

  function pump(): void {
    while (queue.length > 0 && socket.writableLength < HIGH_WATER) submit(queue.shift()!);
    if (!finishing || halfClosed || queue.length > 0) return;
    halfClosed = true;
    void halfClose();
  }

  /**
   * Over TLS the peer may close before we do, for it is told of the end ahead of the half-close, and then the table forgets the
   * connection at once. So what it has is looked up before.
   */
  async function halfClose(): Promise<void> {
    if (socket.wireBytes) await hasEverything();
    if (!over) socket.end();
  }

  function submit(batch: Batch): void {
    const frames = frame(batch);
    begun += 1;
    written += frames.length;
    const end = written;
    rule.write(clock.ticks(), frames.length, costOf(batch));
    socket.write(frames, (error) => {
      if (error) return;
      if (frames !== batch.payload) free(frames);
      if (over) return;
      handed = socket.wireBytes?.() ?? end;
      positions.flushed(end, handed);
      pump();
      observe(acks.floor());
    });
  }

  function observe(position: number): void {
    const now = clock.ticks();
    if (position > seen) progressAt = now;
    seen = Math.max(seen, position);
    rule.observe(now, positions.writtenAt(seen));
    settle();
    plan();
  }

  function settle(): void {
    const now = clock.ticks();
    release(rule.due(now));
    const excess = events.excess();
    if (excess > 0) release(rule.press(now, excess));
  }

  function release(batches: number): void {
    if (batches === 0) return;
    settledAt = clock.ticks();
    events.settled(batches);
  }

  /** Sets the timer for the first of: something falls due, a look falls due, patience ends. */
  function plan(): void {
    if (over) return;
    const at = Math.min(rule.dueAt(events.excess() > 0) ?? Number.POSITIVE_INFINITY, lookAt(), judgeAt());
    if (at >= wakeAt) return;
    cancelWake();
    wakeAt = at;
    // What the connection has to say is heard first, even if this process slept: hence not in the timer itself.
    cancelWake = clock.after(Math.max(0, at - clock.ticks()), () => setImmediate(wake));
  }

  function wake(): void {
    if (over) return;
    wakeAt = Number.POSITIVE_INFINITY;
    settle();
    const now = clock.ticks();
    if (now >= judgeAt() && acks.lookedAt() >= outageAt()) {
      fail(`nothing was acknowledged for ${formatDuration(link.timeout)} although data waits`);
      return;
    }
    if (now >= Math.min(lookAt(), judgeAt())) void look();
    plan();
  }

  async function look(): Promise<void> {
    const position = await acks.look();
    if (!over) observe(position ?? acks.floor());
  }

  function lookAt(): number {
    const since = rule.waitingSince();
    if (since === undefined) return Number.POSITIVE_INFINITY;
    const stuck = events.excess() > 0 && reserve < link.window ? settledAt + LOOK_WHEN_STUCK : Number.POSITIVE_INFINITY;
    return Math.max(acks.mayLookAt(), Math.min(since + LOOK_AFTER, stuck));
  }

  function outageAt(): number {
    const since = rule.waitingSince();
    return since === undefined ? Number.POSITIVE_INFINITY : Math.max(since, progressAt) + link.timeout;
  }

  /** An outage is declared on a look that began after patience had ended, never on an old one. */
  function judgeAt(): number {
    const at = outageAt();
    return acks.lookedAt() >= at ? at : Math.max(at, acks.mayLookAt());
  }

  function end(orderly: boolean, reason: string): void {
    if (over) return;
    close();
    events.closed({ orderly, reason });
  }
  const fail = (reason: string) => end(false, reason);
  const closedText = () => ['the server closed the connection', socket.closedBecause?.() ?? []].flat().join('; ');

  function close(): void {
    over = true;
    cancelWake();
    socket.destroy();
  }

  /** Whether the peer's TCP has acknowledged everything, as far as the table shows it soon. */
  async function hasEverything(): Promise<boolean> {
    for (let looks = 0; looks < PROOF_LOOKS && !over; looks += 1) {
      if (rule.waitingSince() === undefined) return true;
      if (looks > 0) await new Promise<void>((resolve) => clock.after(PROOF_GAP, resolve));
      const gone = (await acks.look()) === undefined && acks.lookedAt() !== Number.POSITIVE_INFINITY;
      rule.observe(clock.ticks(), positions.writtenAt(acks.floor()));
      if (gone) break;
    }
    return rule.waitingSince() === undefined;
  }

  /** The peer has closed in answer to our half-close. It is proof once its TCP has acknowledged everything. */
  async function prove(): Promise<void> {
    if (await hasEverything()) end(true, 'the server closed the connection in order');
    else fail('the server closed the connection before it had everything');
  }

  socket.on('error', (error) => fail(reasonOf(error)));
  socket.on('end', () => {
    if (halfClosed && socket.writableFinished) void prove();
    else fail(closedText());
  });
  socket.on('close', () => {
    if (!halfClosed) fail('the connection was closed');
  });
  // Nothing is expected from the peer but its close, which shows only where its bytes are read.
  socket.resume();

  return {
    address: parts.address,
    write(batch) {
      queue.push(batch);
      pump();
      settle();
      plan();
    },
    begun: () => begun,
    finish() {
      finishing = true;
      pump();
    },
    close,
  };
}
