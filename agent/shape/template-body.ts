/** Records whose text comes from a template: `[syslog] template` in place of the JSON, `record_template` in place of the whole. */
import type { RecordConfig, Template } from '../types.ts';
import { type Identity, writeIdentity } from '../wire/identity.ts';
import type { Draft } from './draft.ts';
import { FORMATS } from './format.ts';
import { type Body, oneByOne, type Parts } from './parts.ts';
import type { Pattern } from './pattern.ts';
import { isAscii, isBytewise, render } from './template.ts';
import { messageValue, type Value } from './values.ts';

export type TemplateBodyParts = {
  readonly pattern: Pattern;
  readonly record: RecordConfig;
  /** What the properties other than msg, json and structured-data are. */
  readonly values: (name: string) => Value | undefined;
  /** The JSON that a record has without a template. */
  json(draft: Draft): string;
};

export function createTemplateBody({ pattern, record, values, json }: TemplateBodyParts): Body {
  const template = record.recordTemplate ?? record.template ?? [];
  const head = record.recordTemplate ? () => '' : FORMATS[record.format].head;
  const message = messageValue(pattern);

  /** `msg` is MSG, or the piece of it that goes out. */
  function write(draft: Draft, element: string, msg: string): string {
    const text = render(template, (name) => {
      if (name === 'msg') return msg;
      if (name === 'json') return json(draft);
      return name === 'structured-data' ? element : values(name)?.(draft);
    });
    return head(draft, element) + text;
  }

  const ascii = isAscii(template);
  return {
    write: (draft, element) => write(draft, element, message(draft)),
    cut(draft, identity, limit) {
      const piece = (text: string, part: Identity['part']) =>
        write(draft, writeIdentity(record.sdId, { ...identity, part }), text);
      return cutText(template, message(draft), piece, limit);
    },
    ascii,
    bytewise: ascii && isBytewise(template),
    escapesAll: false,
    pieces: undefined,
  };
}

const MOST_DIGITS = 9;

/**
 * Cuts MSG at characters and spreads it over as few messages as hold it. A template without all of MSG gives one message, which
 * loses its end where it is too long.
 */
function cutText(
  template: Template,
  message: string,
  write: (piece: string, part: Identity['part']) => string,
  limit: number,
): Parts {
  const whole = write(message, undefined);
  if (Buffer.byteLength(whole) <= limit) return { messages: [whole], shortened: false };
  const uses = template.filter((piece) => typeof piece !== 'string' && piece.name === 'msg');
  const cuttable = uses.length > 0 && isBytewise(uses);
  for (let digits = 1; cuttable && digits <= MOST_DIGITS; digits += 1) {
    const most = 10 ** digits - 1;
    const fits = (piece: string) => Buffer.byteLength(write(piece, { n: most, of: most })) <= limit;
    const pieces = piecesOf(message, fits, limit);
    if (pieces === undefined) break;
    if (pieces.length > most) continue;
    const messages = oneByOne(pieces.length, (i) => write(pieces[i]!, { n: i + 1, of: pieces.length }));
    return { messages, shortened: false };
  }
  return { messages: [clip(whole, limit)], shortened: true };
}

/** The message in the largest pieces that fit; undefined where not even one character does. */
function piecesOf(message: string, fits: (piece: string) => boolean, limit: number): string[] | undefined {
  const pieces: string[] = [];
  for (let at = 0; at < message.length; ) {
    let low = at;
    let high = Math.min(message.length, at + limit);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (fits(message.slice(at, middle))) low = middle;
      else high = middle - 1;
    }
    // Not between the halves of a surrogate pair.
    if (low < message.length && /[\ud800-\udbff]/.test(message[low - 1] ?? '')) low -= 1;
    if (low <= at) return undefined;
    pieces.push(message.slice(at, low));
    at = low;
  }
  return pieces;
}

/** The text up to the last character that ends within `limit` bytes. */
function clip(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  let end = Math.min(limit, bytes.length);
  while (end > 0 && end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
