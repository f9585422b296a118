/**
 * The identity element found in the bytes of an RFC 5424 message, without making an object or a string: what a receiver does for
 * every record while it checks that none is missing.
 */

const QUOTE = 0x22;
const SPACE = 0x20;
const EQUALS = 0x3d;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;

/** Where things stand in the bytes last scanned, and the numbers read from them. Reused from message to message. */
export type IdentitySpan = {
  hostStart: number;
  hostEnd: number;
  genStart: number;
  genEnd: number;
  at: number;
  len: number;
  skip: number;
  /** The previous generation's name; `prevStart` is -1 where there is no `after`. */
  prevStart: number;
  prevEnd: number;
  /** The byte up to which the previous generation was read. */
  prevUpTo: number;
  prevskip: number;
  /** `part="n/of"`; both 0 for a record that was not cut. */
  partN: number;
  partOf: number;
};

/** A span to hand to `scanIdentity`. */
export function newIdentitySpan(): IdentitySpan {
  return {
    ...{ hostStart: -1, hostEnd: -1, genStart: -1, genEnd: -1, at: -1, len: -1, skip: -1 },
    ...{ prevStart: -1, prevEnd: -1, prevUpTo: -1, prevskip: -1, partN: 0, partOf: 0 },
  };
}

/**
 * Looks for the first readable identity element of the message in `bytes` from `start` to `end` and fills `span` with it.
 * False where there is none; `span` then holds nothing of use. Agrees with `readRfc5424` and `readIdentity`, except that it does
 * not look at what stands behind the element.
 */
export function scanIdentity(bytes: Buffer, start: number, end: number, span: IdentitySpan): boolean {
  let at = headerEnd(bytes, start, end, span);
  if (at < 0) return false;
  while (at < end && bytes[at] === OPEN) {
    at = nameEnd(bytes, at + 1, end);
    clear(span);
    let good = true;
    while (at < end && bytes[at] === SPACE) {
      while (at < end && bytes[at] === SPACE) at += 1;
      const name = at;
      at = nameEnd(bytes, at, end);
      if (at === name || at + 1 >= end || bytes[at] !== EQUALS || bytes[at + 1] !== QUOTE) return false;
      const value = at + 2;
      const quote = valueEnd(bytes, value, end);
      if (quote < 0) return false;
      good = good && take(bytes, name, at, value, quote, span);
      at = quote + 1;
    }
    if (at >= end || bytes[at] !== CLOSE) return false;
    at += 1;
    if (good && span.genStart >= 0 && span.at >= 0 && span.len >= 0) {
      if (span.skip < 0) span.skip = 0;
      if (span.prevskip < 0) span.prevskip = 0;
      return true;
    }
  }
  return false;
}

/** Steps over `<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID `. Gives the index behind it, -1 where it is not there. */
function headerEnd(bytes: Buffer, start: number, end: number, span: IdentitySpan): number {
  let at = start + 1;
  if (bytes[start] !== 0x3c) return -1;
  while (at < end && at < start + 5 && bytes[at] !== 0x3e) at += 1;
  const pri = readDigits(bytes, start + 1, at);
  if (pri < 0 || pri > 191 || at + 3 > end || bytes[at + 1] !== 0x31 || bytes[at + 2] !== SPACE) return -1;
  at += 3;
  for (let field = 0; field < 5; field += 1) {
    const from = at;
    while (at < end && bytes[at]! > SPACE && bytes[at]! < 0x7f) at += 1;
    if (at === from || at >= end || bytes[at] !== SPACE) return -1;
    if (field === 1) {
      span.hostStart = from;
      span.hostEnd = at;
    }
    at += 1;
  }
  return at;
}

/** The end of an SD-NAME that begins at `at`. */
function nameEnd(bytes: Buffer, at: number, end: number): number {
  let i = at;
  while (i < end) {
    const byte = bytes[i]!;
    if (byte <= SPACE || byte >= 0x7f || byte === QUOTE || byte === EQUALS || byte === CLOSE) break;
    i += 1;
  }
  return i;
}

/** The index of the quote that ends a PARAM-VALUE, -1 where none does. */
function valueEnd(bytes: Buffer, at: number, end: number): number {
  for (let i = at; i < end; i += 1) {
    const byte = bytes[i]!;
    if (byte === QUOTE) return i;
    if (byte === CLOSE) return -1;
    if (byte === BACKSLASH) i += 1;
  }
  return -1;
}

/** Of a name that occurs twice the first counts. False where a value cannot be read. */
function take(bytes: Buffer, name: number, nameStop: number, from: number, to: number, span: IdentitySpan): boolean {
  const first = bytes[name]!;
  const size = nameStop - name;
  if (size === 1 && first === 0x66 && span.genStart < 0) {
    span.genStart = from;
    span.genEnd = to;
    return isGen(bytes, from, to);
  }
  if (size === 2 && span.at < 0 && is(bytes, name, 'at')) {
    span.at = readDigits(bytes, from, to);
    return span.at >= 0;
  }
  if (size === 3 && span.len < 0 && is(bytes, name, 'len')) {
    span.len = readDigits(bytes, from, to);
    return span.len >= 0;
  }
  if (size === 4 && span.skip < 0 && is(bytes, name, 'skip')) {
    span.skip = readDigits(bytes, from, to);
    return span.skip >= 0;
  }
  if (size === 4 && span.partN === 0 && is(bytes, name, 'part')) return takePart(bytes, from, to, span);
  if (size === 5 && span.prevStart < 0 && is(bytes, name, 'after')) return takeAfter(bytes, from, to, span);
  if (size === 8 && span.prevskip < 0 && is(bytes, name, 'prevskip')) {
    span.prevskip = readDigits(bytes, from, to);
    return span.prevskip >= 0;
  }
  return true;
}

function takePart(bytes: Buffer, from: number, to: number, span: IdentitySpan): boolean {
  let slash = from;
  while (slash < to && bytes[slash] !== 0x2f) slash += 1;
  span.partN = slash - from <= 9 ? readDigits(bytes, from, slash) : -1;
  span.partOf = to - slash - 1 <= 9 ? readDigits(bytes, slash + 1, to) : -1;
  return span.partN >= 1 && span.partN <= span.partOf;
}

function takeAfter(bytes: Buffer, from: number, to: number, span: IdentitySpan): boolean {
  let colon = from;
  while (colon < to && bytes[colon] !== 0x3a) colon += 1;
  span.prevStart = from;
  span.prevEnd = colon;
  span.prevUpTo = readDigits(bytes, colon + 1, to);
  return isGen(bytes, from, colon) && span.prevUpTo >= 0;
}

function isGen(bytes: Buffer, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) {
    const byte = bytes[i]!;
    if (!((byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a))) return false;
  }
  return to > from && to - from <= 64;
}

/** A number of 1 to 15 digits, which is always exact; -1 for anything else. */
function readDigits(bytes: Buffer, from: number, to: number): number {
  if (to <= from || to - from > 15) return -1;
  let value = 0;
  for (let i = from; i < to; i += 1) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function is(bytes: Buffer, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i += 1) if (bytes[at + i] !== word.charCodeAt(i)) return false;
  return true;
}

function clear(span: IdentitySpan): void {
  span.genStart = span.genEnd = span.at = span.len = span.skip = -1;
  span.prevStart = span.prevEnd = span.prevUpTo = span.prevskip = -1;
  span.partN = span.partOf = 0;
}
