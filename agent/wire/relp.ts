/**
 * Frames of RELP, the Reliable Event Logging Protocol (librelp's specification, version 0): `TXNR SP COMMAND SP DATALEN [SP DATA] LF`.
 * A client's commands are open, syslog and close, numbered by TXNR; the server answers each with `rsp` and the same TXNR, its
 * DATA being `CODE SP TEXT [LF MORE]`. TXNR 0 is the server's own word, of which there is one: serverclose.
 */
import { lendWhole } from './free.ts';

const LF = 0x0a;
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
/** TXNR and DATALEN have at most so many digits. */
const MAX_DIGITS = 9;
const MAX_COMMAND = 32;
/** Transaction numbers go from 1 to here and then begin again. */
export const LAST_TXNR = 999_999_999;
/** The longest that can stand before DATA. */
const MAX_HEAD = MAX_DIGITS + 1 + MAX_COMMAND + 1 + MAX_DIGITS + 1;
const SYSLOG = Buffer.from(' syslog ');
const OK = Buffer.from(' rsp 6 200 OK\n');

/** The number of the transaction that comes `count` after `txnr`. */
export function laterTxnr(txnr: number, count: number): number {
  return ((txnr - 1 + count) % LAST_TXNR) + 1;
}

/** One frame, for the commands that are rare. */
export function frameRelp(txnr: number, command: string, data = ''): Buffer {
  const length = Buffer.byteLength(data);
  return Buffer.from(`${txnr} ${command} ${length}${length === 0 ? '' : ' '}${data}\n`);
}

/**
 * Frames messages as `syslog` commands with the numbers from `txnr` on. `payload` holds the messages with one LF behind each that
 * is no part of it; `ends[i]` is the index behind message i, before its LF. Gives one new buffer with all frames, to be given back
 * whole.
 */
export function frameSyslog(payload: Buffer, ends: Uint32Array, txnr: number): Buffer {
  const frames = Buffer.allocUnsafeSlow(payload.length + ends.length * (SYSLOG.length + 2 * MAX_DIGITS + 1));
  let at = 0;
  let start = 0;
  let number = txnr;
  for (let i = 0; i < ends.length; i += 1) {
    const end = ends[i]!;
    at = writeNumber(frames, at, number);
    for (let j = 0; j < SYSLOG.length; j += 1) frames[at + j] = SYSLOG[j]!;
    at = writeNumber(frames, at + SYSLOG.length, end - start);
    if (end > start) {
      frames[at] = SPACE;
      at += 1 + payload.copy(frames, at + 1, start, end);
    }
    frames[at] = LF;
    at += 1;
    start = end + 1;
    number = number === LAST_TXNR ? 1 : number + 1;
  }
  return lendWhole(frames.subarray(0, at));
}

/** The answers `200 OK` to the transactions `txnrs`, in one new buffer. */
export function frameOks(txnrs: readonly number[]): Buffer {
  const frames = Buffer.allocUnsafeSlow(txnrs.length * (MAX_DIGITS + OK.length));
  let at = 0;
  for (const txnr of txnrs) {
    at = writeNumber(frames, at, txnr);
    at += OK.copy(frames, at);
  }
  return frames.subarray(0, at);
}

function writeNumber(bytes: Buffer, at: number, value: number): number {
  let width = 1;
  for (let limit = 10; value >= limit; limit *= 10) width += 1;
  let rest = value;
  for (let digit = at + width - 1; digit >= at; digit -= 1) {
    bytes[digit] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return at + width;
}

/** One frame as it stands in `bytes`. The object and its bytes are good until the callback returns. */
export type RelpFrame = {
  txnr: number;
  bytes: Buffer;
  commandStart: number;
  commandEnd: number;
  dataStart: number;
  dataEnd: number;
};

export type RelpParser = {
  /** Takes the next bytes of the stream, cut anywhere. Throws an Error, whose message reads on after a colon, at what is no RELP. */
  push(bytes: Buffer): void;
  /** How many bytes of a frame have come whose rest has not. */
  pending(): number;
};

/**
 * Takes a stream apart into frames. Memory grows with what has come, up to `limit` bytes of data a frame, and never with what a
 * peer merely announces. `onFrame` gives false to stop: what comes after is thrown away.
 */
export function createRelpParser(onFrame: (frame: RelpFrame) => boolean, limit: number): RelpParser {
  const frame: RelpFrame = { txnr: 0, bytes: SYSLOG, commandStart: 0, commandEnd: 0, dataStart: 0, dataEnd: 0 };
  /** The beginning of a frame whose rest has not come, and its whole size once that is known. */
  let held = Buffer.alloc(0);
  let heldLength = 0;
  let heldSize = 0;
  let stopped = false;

  /** Gives the size of the frame at `at`, or 0 where more must come to know it. */
  function measure(bytes: Buffer, at: number, end: number): number {
    const size = readHead(frame, bytes, at, end);
    if (size > 0 && frame.dataEnd - frame.dataStart > limit) {
      throw new Error(`a frame of ${frame.dataEnd - frame.dataStart} bytes was announced, and ${limit} is the most`);
    }
    return size;
  }

  function deliver(bytes: Buffer, behind: number): void {
    if (bytes[behind - 1] !== LF) throw new Error('a frame does not end where its length says');
    frame.bytes = bytes;
    stopped = !onFrame(frame);
  }

  function hold(bytes: Buffer, start: number, end: number): void {
    const length = heldLength + end - start;
    if (length > held.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(256, held.length * 2, length));
      held.copy(grown, 0, 0, heldLength);
      held = grown;
    }
    bytes.copy(held, heldLength, start, end);
    heldLength = length;
  }

  /** Brings the held frame on with bytes from `at`. Gives how far they are dealt with. */
  function resume(bytes: Buffer, at: number): number {
    const before = heldLength;
    if (heldSize === 0) {
      hold(bytes, at, Math.min(bytes.length, at + MAX_HEAD + 1 - heldLength));
      heldSize = measure(held, 0, heldLength);
      if (heldSize === 0) return at + heldLength - before;
      heldLength = Math.min(heldLength, heldSize);
    } else {
      hold(bytes, at, Math.min(bytes.length, at + heldSize - heldLength));
    }
    const next = at + heldLength - before;
    if (heldLength === heldSize) {
      const whole = held;
      heldLength = heldSize = 0;
      // A long frame is rare: its memory is not kept for the life of a connection.
      if (held.length > 65_536) held = Buffer.alloc(0);
      deliver(whole, measure(whole, 0, whole.length));
    }
    return next;
  }

  return {
    push(bytes) {
      let at = 0;
      while (at < bytes.length && !stopped) {
        if (heldLength > 0) {
          at = resume(bytes, at);
          continue;
        }
        const size = measure(bytes, at, bytes.length);
        if (size === 0 || at + size > bytes.length) {
          heldSize = size;
          hold(bytes, at, bytes.length);
          return;
        }
        at += size;
        deliver(bytes, at);
      }
    },
    pending: () => heldLength,
  };
}

/** Reads what stands before DATA. Gives the size of the whole frame, 0 where more must come; throws at what is no RELP. */
function readHead(frame: RelpFrame, bytes: Buffer, at: number, end: number): number {
  const txnrEnd = digitsEnd(bytes, at, end);
  if (txnrEnd === end) return incomplete(txnrEnd - at <= MAX_DIGITS);
  if (txnrEnd === at || txnrEnd - at > MAX_DIGITS || bytes[txnrEnd] !== SPACE) throw noRelp();
  let i = txnrEnd + 1;
  while (i < end && isLetter(bytes[i]!)) i += 1;
  if (i === end) return incomplete(i - txnrEnd - 1 <= MAX_COMMAND);
  if (i === txnrEnd + 1 || i - txnrEnd - 1 > MAX_COMMAND || bytes[i] !== SPACE) throw noRelp();
  const lengthEnd = digitsEnd(bytes, i + 1, end);
  if (lengthEnd === end) return incomplete(lengthEnd - i - 1 <= MAX_DIGITS);
  if (lengthEnd === i + 1 || lengthEnd - i - 1 > MAX_DIGITS) throw noRelp();
  const length = numberIn(bytes, i + 1, lengthEnd);
  const blank = bytes[lengthEnd] === SPACE;
  if (!blank && (length > 0 || bytes[lengthEnd] !== LF)) throw noRelp();
  frame.txnr = numberIn(bytes, at, txnrEnd);
  frame.commandStart = txnrEnd + 1;
  frame.commandEnd = i;
  frame.dataStart = blank ? lengthEnd + 1 : lengthEnd;
  frame.dataEnd = frame.dataStart + length;
  return frame.dataEnd + 1 - at;
}

function incomplete(possible: boolean): 0 {
  if (!possible) throw noRelp();
  return 0;
}

const noRelp = () => new Error('what came is no RELP');

/** `end`, or the first place from `at` on that holds no digit; at most one digit too many is looked at. */
function digitsEnd(bytes: Buffer, at: number, end: number): number {
  let i = at;
  while (i < end && i - at <= MAX_DIGITS && bytes[i]! >= ZERO && bytes[i]! <= NINE) i += 1;
  return i;
}

function numberIn(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i += 1) value = value * 10 + (bytes[i]! - ZERO);
  return value;
}

function isLetter(byte: number): boolean {
  const lower = byte | SPACE;
  return lower >= 0x61 && lower <= 0x7a;
}

/** Whether the frame's command is `command`. */
export function isRelpCommand({ bytes, commandStart, commandEnd }: RelpFrame, command: string): boolean {
  if (commandEnd - commandStart !== command.length) return false;
  for (let i = 0; i < command.length; i += 1) if (bytes[commandStart + i] !== command.charCodeAt(i)) return false;
  return true;
}

/** The code of a `rsp`, such as 200 or 500; 0 where it has none. */
export function readRelpCode({ bytes, dataStart, dataEnd }: RelpFrame): number {
  const end = digitsEnd(bytes, dataStart, Math.min(dataEnd, dataStart + 3));
  return end - dataStart === 3 ? numberIn(bytes, dataStart, end) : 0;
}

/** The data of a frame as text. */
export function relpText({ bytes, dataStart, dataEnd }: RelpFrame): string {
  return bytes.toString('utf8', dataStart, dataEnd);
}

/** What a side offers when a session is opened, one `NAME=VALUE` a line. */
export const RELP_OFFERS = 'relp_version=0\nrelp_software=tailship\ncommands=syslog';

/** Reads offers; lines without a name are passed over. */
export function readRelpOffers(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').map((line) => line.split('=') as [string, ...string[]]);
  return new Map(lines.filter(([name]) => name !== '').map(([name, ...value]) => [name, value.join('=')]));
}
