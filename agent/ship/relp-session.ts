/**
 * One RELP session at work. Every message is a transaction of its own, answered by its number in any order; a batch settles when
 * all its messages and all batches before it are answered. Of what is not settled at the end `left` tells what no answer came for.
 *
 * A message that is refused is sent again a few times and then passed over and set aside, so that it holds nobody up for ever. A
 * server that takes nothing else meanwhile does not refuse the message: then it is sent again until something was taken.
 */
import type { Batch } from '../types.ts';
import { free } from '../wire/free.ts';
import { frameRelp, isRelpCommand, type RelpFrame, readRelpCode, relpText } from '../wire/relp.ts';
import { formatDuration } from '../wire/units.ts';
import { createTransactions } from './relp-transactions.ts';
import type { TcpSocket } from './sockets.ts';
import type { Session, SessionEvents, TransportParts } from './transport.ts';

/** The socket is given more while it holds less than this. */
const HIGH_WATER = 1024 * 1024;
/** How long a refused message waits before it is sent again, ms: once for each further try. */
const RETRY_AFTER = [250, 1_000, 4_000] as const;
/** And from then on while the server takes nothing at all, ms. */
const RETRY_ALL_AFTER = 10_000;
/** How long a server may take to let go of a session that was closed, ms. */
const FAREWELL = 1_000;

export type RelpSessionParts = TransportParts & {
  /** Connected, and the session on it is open. */
  readonly socket: TcpSocket;
  readonly address: string;
  readonly events: SessionEvents;
};

export type RelpTake = {
  frame(frame: RelpFrame): boolean;
  /** A chunk has been taken apart. */
  pushed(): void;
  failed(reason: string): void;
};

/** `take` is handed what the socket says from now on. */
export function createRelpSession(parts: RelpSessionParts): { session: Session; take: RelpTake } {
  const { socket, clock, events, link } = parts;
  /** Transaction 1 opened the session. */
  const transactions = createTransactions(2);
  const queue: Batch[] = [];
  let begun = 0;
  let finishing = false;
  /** The number of our `close`, once it was sent. */
  let farewell = 0;
  let over = false;
  /** When the server last answered, or data began to wait. */
  let progressAt = clock.ticks();
  let judging = false;
  /** By message that was refused, how many others had been taken by then; and how many were taken. */
  const takenBefore = new Map<number, number>();
  let taken = 0;
  let allRefused = false;
  let answered = false;

  function pump(): void {
    while (!over && queue.length > 0 && socket.writableLength < HIGH_WATER) {
      begun += 1;
      put(() => transactions.begin(queue.shift()!));
    }
    if (over || !finishing || farewell > 0 || queue.length > 0 || transactions.unanswered() > 0) return;
    sayFarewell();
  }

  function put(frames: () => Buffer): void {
    if (transactions.outstanding() === 0) progressAt = clock.ticks();
    const made = frames();
    socket.write(made, (error) => {
      if (error) return;
      free(made);
      pump();
    });
    judge();
  }

  function sayFarewell(): void {
    farewell = transactions.take();
    socket.write(frameRelp(farewell, 'close'), () => {});
  }

  /** Watches that answers come while messages wait for them. */
  function judge(): void {
    if (judging || over || transactions.outstanding() === 0) return;
    judging = true;
    // What the server has to say is heard first, even if this process slept: hence not in the timer itself.
    clock.after(Math.max(0, progressAt + link.timeout - clock.ticks()), () => setImmediate(verdict));
  }

  function verdict(): void {
    judging = false;
    if (over || transactions.outstanding() === 0) return;
    if (clock.ticks() - progressAt < link.timeout) judge();
    else end(false, `nothing was acknowledged for ${formatDuration(link.timeout)} although data waits`);
  }

  function refuse(seq: number, frame: RelpFrame): void {
    const words = relpText(frame).split('\n')[0]!.slice(0, 200);
    const tries = transactions.refuse(seq);
    const before = takenBefore.get(seq) ?? taken;
    takenBefore.set(seq, before);
    if (tries > RETRY_AFTER.length && taken > before) {
      takenBefore.delete(seq);
      transactions.giveUp(seq, `the server refused it ${tries} times (${words})`);
      return;
    }
    if (tries > RETRY_AFTER.length) sayAllRefused(words);
    clock.after(RETRY_AFTER[tries - 1] ?? RETRY_ALL_AFTER, () => {
      if (!over) put(() => transactions.retry(seq));
    });
  }

  function sayAllRefused(words: string): void {
    if (allRefused) return;
    allRefused = true;
    const every = formatDuration(RETRY_ALL_AFTER);
    parts.log.warn(
      'all-refused',
      `${link.targets[0]?.url} refuses every record (${words}). They are sent again every ${every}, and none is set aside.`,
    );
  }

  function accept(seq: number): void {
    transactions.answer(seq);
    taken += 1;
    allRefused = false;
    if (takenBefore.size > 0) takenBefore.delete(seq);
  }

  function rsp(frame: RelpFrame): boolean {
    if (farewell > 0 && frame.txnr === farewell) return end(true, 'the session was closed in order');
    const seq = transactions.find(frame.txnr);
    if (seq === 0)
      return end(false, `the server answered transaction ${frame.txnr}, which does not wait for an answer`);
    answered = true;
    if (readRelpCode(frame) === 200) accept(seq);
    else refuse(seq, frame);
    return true;
  }

  const take: RelpTake = {
    frame(frame) {
      if (over) return false;
      if (isRelpCommand(frame, 'rsp')) return rsp(frame);
      if (isRelpCommand(frame, 'serverclose')) return end(proven(), 'the server announced that it closes');
      return true;
    },
    pushed() {
      if (over) return;
      if (answered) progressAt = clock.ticks();
      answered = false;
      settle();
      pump();
      judge();
    },
    failed: (reason) => void end(proven(), reason),
  };

  /** Our `close` goes out only after everything was answered, so any end that follows it is an orderly one. */
  const proven = () => farewell > 0;

  function settle(): void {
    const { batches, refused } = transactions.settle();
    if (batches > 0) events.settled(batches, refused);
  }

  function end(orderly: boolean, reason: string): false {
    if (over) return false;
    settle();
    over = true;
    socket.destroy();
    events.closed({ orderly, reason });
    return false;
  }

  return {
    take,
    session: {
      address: parts.address,
      write(batch) {
        queue.push(batch);
        pump();
      },
      begun: () => begun,
      left: () => [...transactions.left(), ...queue],
      finish() {
        finishing = true;
        pump();
      },
      close() {
        if (over) return;
        over = true;
        if (transactions.outstanding() > 0) return void socket.destroy();
        // Politeness only: there is nothing left to be proven. A server may log a session that just vanishes.
        if (farewell === 0) sayFarewell();
        socket.end();
        clock.after(FAREWELL, () => socket.destroy());
      },
    },
  };
}
