/** Framing of syslog messages on a stream (RFC 6587 section 3.4): octet counting, and a newline behind each message. */

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
const LESS_THAN = 0x3c;
/** MSG-LEN with more digits is not believed. */
const MAX_DIGITS = 9;

/**
 * Frames messages by octet counting, `MSG-LEN SP SYSLOG-MSG` (RFC 6587 section 3.4.1).
 * `payload` holds the messages with one LF behind each that is no part of it; `ends[i]` is the index behind message i, before
 * its LF. Gives one new buffer with all frames. An empty message has no frame, for MSG-LEN cannot be 0.
 */
export function frameOctets(payload: Buffer, ends: Uint32Array): Buffer {
  let size = 0;
  let start = 0;
  for (let i = 0; i < ends.length; i += 1) {
    const end = ends[i]!;
    const length = end - start;
    if (length > 0) size += digits(length) + 1 + length;
    start = end + 1;
  }
  const frames = Buffer.allocUnsafeSlow(size);
  let at = 0;
  start = 0;
  for (let i = 0; i < ends.length; i += 1) {
    const end = ends[i]!;
    const length = end - start;
    if (length > 0) {
      const width = digits(length);
      let rest = length;
      for (let digit = at + width - 1; digit >= at; digit -= 1) {
        frames[digit] = ZERO + (rest % 10);
        rest = Math.floor(rest / 10);
      }
      frames[at + width] = SPACE;
      at += width + 1;
      payload.copy(frames, at, start, end);
      at += length;
    }
    start = end + 1;
  }
  return frames;
}

function digits(value: number): number {
  let count = 1;
  for (let limit = 10; value >= limit; limit *= 10) count += 1;
  return count;
}

/**
 * Takes one message: it stands in `bytes` from `start` to `end`, which are good until the call returns.
 * `fault` says why it may not be whole: `cut`, it was longer than the limit and its rest was thrown away;
 * `unterminated`, the stream ended where its LF should have come.
 */
export type OnMessage = (bytes: Buffer, start: number, end: number, fault: Fault | undefined) => void;
export type Fault = 'cut' | 'unterminated';

export type Deframer = {
  /** Takes the next bytes of the stream, cut anywhere. */
  push(bytes: Buffer): void;
  /**
   * The stream has ended. A newline message without its LF is given out as `unterminated`. Gives how many bytes of an
   * octet-counted frame had come whose rest did not: they are no message.
   */
  end(): number;
};

/**
 * Takes a stream apart into messages and tells the two framings apart by itself, for each message anew: digits, one blank and
 * `<` begin a counted frame, for a syslog message begins with its PRI; anything else runs to the next LF. A CR before that
 * LF goes with it; empty lines are no messages. Memory grows with what has come, up to `limit` bytes a message, and never with
 * what a peer merely announces.
 */
export function createDeframer(onMessage: OnMessage, limit: number): Deframer {
  let mode: 'start' | 'octets' | 'newline' = 'start';
  /** The first bytes of a message, too few to tell its framing. */
  const head = Buffer.alloc(MAX_DIGITS + 2);
  let headLength = 0;
  /** The beginning of a message whose rest has not come. */
  let held = Buffer.alloc(0);
  let heldLength = 0;
  let overflow = false;
  /** Octets of the frame that was announced, and how many of them are still to come. */
  let announced = 0;
  let wanted = 0;

  function hold(bytes: Buffer, start: number, end: number): void {
    // One byte more than a message may have: it can be the CR of the line's end.
    const take = Math.min(end - start, limit + 1 - heldLength);
    if (take < end - start) overflow = true;
    if (heldLength + take > held.length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(limit + 1, Math.max(256, held.length * 2, heldLength + take)));
      held.copy(grown, 0, 0, heldLength);
      held = grown;
    }
    bytes.copy(held, heldLength, start, start + take);
    heldLength += take;
  }

  function give(bytes: Buffer, start: number, end: number, fault: Fault | undefined): void {
    if (end - start > limit) onMessage(bytes, start, start + limit, 'cut');
    else if (end > start) onMessage(bytes, start, end, fault);
  }

  function giveHeld(fault: Fault | undefined): void {
    const length = mode === 'newline' && !overflow ? trimmed(held, 0, heldLength) : heldLength;
    const bytes = held;
    mode = 'start';
    heldLength = 0;
    overflow = false;
    // A long message is rare: its memory is not kept for the life of a connection.
    if (held.length > 65_536) held = Buffer.alloc(0);
    give(bytes, 0, length, fault);
  }

  /** A message begins at `at`. Gives how far `bytes` are dealt with. */
  function begin(bytes: Buffer, at: number): number {
    const size = countHead(bytes, at, bytes.length);
    if (size === 0) return newline(bytes, at);
    if (size > 0) {
      wanted = announced = count(bytes, at, size);
      return octets(bytes, at + size);
    }
    headLength = bytes.copy(head, 0, at);
    return bytes.length;
  }

  /** As `begin`, where the message's first bytes came with an earlier push: they are looked at one more at a time. */
  function resume(bytes: Buffer, at: number): number {
    head[headLength] = bytes[at]!;
    const size = countHead(head, 0, headLength + 1);
    if (size < 0) {
      headLength += 1;
      return at + 1;
    }
    if (size > 0) {
      wanted = announced = count(head, 0, size);
      mode = 'octets';
    } else {
      hold(head, 0, headLength);
      mode = 'newline';
    }
    headLength = 0;
    // The byte that settled the matter belongs to the message, or ends it.
    return at;
  }

  function octets(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + wanted);
    if (heldLength === 0 && end - at === wanted) {
      mode = 'start';
      give(bytes, at, end, undefined);
      return end;
    }
    mode = 'octets';
    hold(bytes, at, end);
    wanted -= end - at;
    if (wanted === 0) giveHeld(undefined);
    return end;
  }

  function newline(bytes: Buffer, at: number): number {
    const lf = bytes.indexOf(LF, at);
    if (lf >= 0 && heldLength === 0) {
      mode = 'start';
      give(bytes, at, trimmed(bytes, at, lf), undefined);
      return lf + 1;
    }
    mode = 'newline';
    hold(bytes, at, lf < 0 ? bytes.length : lf);
    if (lf < 0) return bytes.length;
    giveHeld(undefined);
    return lf + 1;
  }

  return {
    push(bytes) {
      let at = 0;
      while (at < bytes.length) {
        if (mode === 'octets') at = octets(bytes, at);
        else if (mode === 'newline') at = newline(bytes, at);
        else at = headLength === 0 ? begin(bytes, at) : resume(bytes, at);
      }
    },
    end() {
      if (mode === 'octets') {
        const lost = announced - wanted;
        mode = 'start';
        heldLength = 0;
        overflow = false;
        return lost;
      }
      hold(head, 0, headLength);
      headLength = 0;
      mode = 'newline';
      giveHeld('unterminated');
      return 0;
    },
  };
}

/** The bytes of `MSG-LEN SP` at `at` where a counted frame begins there, 0 where none does, -1 where more must come to tell. */
function countHead(bytes: Buffer, at: number, end: number): number {
  let i = at;
  while (i < end && i - at <= MAX_DIGITS && bytes[i]! >= (i === at ? ZERO + 1 : ZERO) && bytes[i]! <= NINE) i += 1;
  if (i === at || i - at > MAX_DIGITS) return 0;
  if (i === end) return -1;
  if (bytes[i] !== SPACE) return 0;
  if (i + 1 === end) return -1;
  return bytes[i + 1] === LESS_THAN ? i + 1 - at : 0;
}

/** The number in front of the blank that ends a head of `head` bytes. */
function count(bytes: Buffer, at: number, head: number): number {
  let value = 0;
  for (let i = at; i < at + head - 1; i += 1) value = value * 10 + (bytes[i]! - ZERO);
  return value;
}

function trimmed(bytes: Buffer, start: number, end: number): number {
  return end > start && bytes[end - 1] === CR ? end - 1 : end;
}
