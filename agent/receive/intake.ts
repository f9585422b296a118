/** What becomes of each message that a server has received: parts are joined, the rest is counted, verified and written. */
import type { Clock } from '../types.ts';
import type { Fault } from '../wire/framing.ts';
import { newIdentitySpan, scanIdentity } from '../wire/identity-scan.ts';
import { isCutOff } from './decode.ts';
import { mayHoldParts, readPartOf } from './join.ts';
import { createJoiner, type IncompleteRecord, type JoinerLimits } from './parts.ts';
import type { Verifier } from './verify.ts';

type IntakeCounts = {
  /** Messages and their bytes as received, parts counted one by one. */
  messages: number;
  bytes: number;
  /** Messages above the limit, whose rest was thrown away. */
  cut: number;
  /** Messages whose connection ended in the middle of them: not written, not counted above. */
  brokenOff: number;
};

export type Intake = {
  /** Announces bytes of which messages will be taken: a chunk of a stream. */
  chunk(bytes: Buffer): void;
  /** Takes the message in `bytes` from `start` to `end`; the bytes are not kept. */
  take(bytes: Buffer, start: number, end: number, fault: Fault | undefined): void;
  /** Takes note of a message that broke off with its connection. */
  brokeOff(): void;
  /** When something last came, on the monotonic clock; undefined while nothing has. */
  lastArrival(): number | undefined;
  /** Gives up the records that still wait for parts. */
  close(): void;
  status(): Readonly<IntakeCounts> & {
    readonly joined: number;
    readonly incomplete: number;
    readonly repeatedParts: number;
  };
};

/**
 * `write` takes what is to be written; undefined where nobody wants it. `incomplete` hears of each record whose parts did not all
 * come; the parts that did are written as they came, for each is a readable message.
 */
export function createIntake(parts: {
  readonly clock: Clock;
  readonly limits: JoinerLimits;
  readonly write: ((bytes: Buffer, start: number, end: number) => void) | undefined;
  readonly verifier: Verifier | undefined;
  readonly incomplete: (record: IncompleteRecord) => void;
}): Intake {
  const { clock, verifier, write } = parts;
  const counts: IntakeCounts = { messages: 0, bytes: 0, cut: 0, brokenOff: 0 };
  const span = newIdentitySpan();
  let last: number | undefined;
  /** The chunk that messages are being taken from, and whether a part may be among them. */
  let chunk: Buffer | undefined;
  let holdsParts = false;

  const joiner = createJoiner({
    clock,
    limits: parts.limits,
    incomplete(record) {
      for (const part of record.parts) write?.(part, 0, part.length);
      parts.incomplete(record);
    },
  });

  /** Takes a message that is whole. */
  function settle(bytes: Buffer, start: number, end: number): void {
    if (verifier) {
      if (scanIdentity(bytes, start, end, span)) verifier.take(bytes, span);
      else verifier.other(bytes.toString('utf8', start, end));
    }
    write?.(bytes, start, end);
  }

  /** True where the message was a part, and is dealt with. */
  function takePart(bytes: Buffer, start: number, end: number): boolean {
    const part = readPartOf(bytes, start, end, span);
    if (!part) return false;
    const message = Buffer.from(bytes.subarray(start, end));
    const whole = part.of === 1 ? message : joiner.add(part, message);
    if (whole) settle(whole, 0, whole.length);
    return true;
  }

  return {
    chunk(bytes) {
      last = clock.ticks();
      chunk = bytes;
      holdsParts = mayHoldParts(bytes);
    },
    take(bytes, start, end, fault) {
      if (fault === 'unterminated' && isCutOff(bytes.toString('utf8', start, end))) {
        counts.brokenOff += 1;
        return;
      }
      counts.messages += 1;
      counts.bytes += end - start;
      if (fault === 'cut') {
        // Its identity would vouch for bytes that were thrown away.
        counts.cut += 1;
        verifier?.other('');
        write?.(bytes, start, end);
        return;
      }
      // A message that lay across two chunks, or came as a datagram, stands in bytes of its own.
      const own = bytes !== chunk;
      if (own) last = clock.ticks();
      if ((own ? mayHoldParts(bytes.subarray(start, end)) : holdsParts) && takePart(bytes, start, end)) return;
      settle(bytes, start, end);
    },
    brokeOff() {
      counts.brokenOff += 1;
    },
    lastArrival: () => last,
    close: () => joiner.flush(),
    status() {
      const { joined, incomplete, repeated } = joiner.status();
      return { ...counts, joined, incomplete, repeatedParts: repeated };
    },
  };
}
