/** Records that were cut to fit `chunk`: knowing a part, and making one message of all of them. */

import { readPart } from '../wire/identity.ts';
import type { IdentitySpan } from '../wire/identity-scan.ts';
import { scanIdentity } from '../wire/identity-scan.ts';
import { closingQuote } from '../wire/quoted.ts';

/** Only bytes that hold one of these can hold a part. In a JSON string both would have a backslash before the quote. */
const MARKS = [Buffer.from('part="'), Buffer.from('"PART":')] as const;

/** A part: number `n` of the `of` parts of the record named `rec`, which is "GEN:START". */
export type Part = { readonly rec: string; readonly n: number; readonly of: number };

/** True where `bytes` may hold a part somewhere: one quick search for a whole chunk spares a look at each message. */
export function mayHoldParts(bytes: Buffer): boolean {
  return MARKS.some((mark) => bytes.includes(mark));
}

/** Tells whether the message is a part. `span` is scratch space. */
export function readPartOf(bytes: Buffer, start: number, end: number, span: IdentitySpan): Part | undefined {
  if (scanIdentity(bytes, start, end, span)) {
    if (span.partOf === 0) return undefined;
    return {
      rec: `${bytes.toString('latin1', span.genStart, span.genEnd)}:${span.at}`,
      n: span.partN,
      of: span.partOf,
    };
  }
  const text = bytes.toString('latin1', start, end);
  if (!text.includes('"PART":')) return undefined;
  const members = readMembers(text, text.indexOf('{"'));
  const part = readPart(members?.find(({ key }) => key === 'PART')?.content);
  const rec = members?.find(({ key }) => key === 'REC')?.content;
  return part && rec !== undefined && /^[0-9a-z]{1,64}:\d{1,15}$/.test(rec) ? { rec, ...part } : undefined;
}

/**
 * Makes one message of the parts of a record, given whole and in order: the first part's header and keys, with the pieces of MSG in
 * a row and without the mark of a part. The pieces stay escaped as they are, so the message is, byte for byte, what it would have
 * been without the cut. Gives undefined when a part is not as tailship writes it.
 */
export function joinParts(parts: readonly Buffer[]): Buffer | undefined {
  const first = parts[0]!.toString('latin1');
  const body = first.indexOf('{"');
  const members = readMembers(first, body);
  if (!members) return undefined;
  const pieces: string[] = [];
  for (const part of parts) {
    const text = part.toString('latin1');
    const msg = readMembers(text, text.indexOf('{"'))?.find(({ key }) => key === 'MSG')?.content;
    if (msg === undefined) return undefined;
    pieces.push(msg);
  }
  const header = first.slice(0, body);
  const plain = header.replace(/ part="\d+\/\d+"/, '');
  // In rfc5424 the mark stands in the header, and keys of these names are the user's own groups.
  const marks = plain === header ? ['PART', 'REC'] : [];
  const separator = members.length > 1 ? first.slice(members[0]!.end, members[1]!.start) : ',';
  const kept = members
    .filter(({ key }) => !marks.includes(key))
    .map(({ key, start, end, valueStart }) =>
      key === 'MSG' ? `${first.slice(start, valueStart)}"${pieces.join('')}"` : first.slice(start, end),
    );
  return Buffer.from(`${plain}{${kept.join(separator)}}`, 'latin1');
}

/** One member of a JSON object, by its places in the text. `content`: what stands between the quotes, escapes and all. */
type Member = {
  readonly key: string;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
  readonly content: string;
};

/** Reads the members of the object at `at`, whose values are all strings and which ends the text. Undefined for anything else. */
function readMembers(text: string, at: number): Member[] | undefined {
  if (at < 0) return undefined;
  const members: Member[] = [];
  let start = at + 1;
  for (;;) {
    const keyEnd = closingQuote(text, start + 1);
    if (text[start] !== '"' || keyEnd < 0 || text[keyEnd + 1] !== ':') return undefined;
    const valueStart = text[keyEnd + 2] === ' ' ? keyEnd + 3 : keyEnd + 2;
    const valueEnd = closingQuote(text, valueStart + 1);
    if (text[valueStart] !== '"' || valueEnd < 0) return undefined;
    const end = valueEnd + 1;
    members.push({
      key: text.slice(start + 1, keyEnd),
      start,
      valueStart,
      end,
      content: text.slice(valueStart + 1, valueEnd),
    });
    if (text[end] === '}') return end + 1 === text.length ? members : undefined;
    if (text[end] !== ',') return undefined;
    start = text[end + 1] === ' ' ? end + 2 : end + 1;
  }
}
