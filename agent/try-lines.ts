/** Lines told one by one, each with the records that it became: `tailship try`. */
import { SLOW } from './shape/budget.ts';
import type { Redactor } from './shape/redact.ts';
import type { Shaper } from './shape/shaper.ts';
import type { Splitter } from './shape/splitter.ts';
import type { ShapeStatus } from './shape/status.ts';
import type { Describe, Found, Taken } from './try-describe.ts';
import { messagesOf, type TriedMessage } from './try-records.ts';
import type { Batch, Chunk, InputConfig, RecordConfig } from './types.ts';

/** One line and what became of it. */
export type Tried = Taken & {
  /** Counted from 1. */
  readonly line: number;
  /** Where it begins in the file, and how long it is with its end, bytes. */
  readonly at: number;
  readonly len: number;
  /** The record that begins with this line, in its parts. */
  readonly messages: readonly TriedMessage[];
  /** What is out of the ordinary, in sentences. */
  readonly notes: readonly string[];
};

/**
 * A line as it stands in its chunk: `text` without its end, bytes from `from` up to `next`. `seen`: what the pattern sees of it, which
 * is without its secrets.
 */
export type Line = { readonly text: string; readonly seen: string; readonly from: number; readonly next: number };

export type Teller = {
  /** Takes one line; gives the lines whose records are known by now, in order, and the batch that it became. */
  take(
    chunk: Chunk,
    line: Line,
    about: { readonly number: number; readonly found: Found },
  ): { readonly told: readonly Tried[]; readonly batch: Batch };
  /** Gives the lines that wait for a record that is shipped now. */
  finish(batch: Batch | undefined): readonly Tried[];
  /** The number of the first line that was taken and not told yet; Infinity where there is none. */
  waitsFrom(): number;
};

type Parts = {
  readonly input: InputConfig;
  readonly format: RecordConfig['format'];
  readonly shaper: Shaper;
  readonly describe: Describe;
};

export function createTeller(parts: Parts): Teller {
  const { input, format, shaper, describe } = parts;
  const joins = input.transform.unmatched === 'join';
  let waiting: Tried[] = [];

  /** The record belongs to the first line that waits; all that wait are told with it. */
  function release(messages: readonly TriedMessage[]): Tried[] {
    const told = waiting.map((line, i) => (i === 0 ? withMessages(line, messages) : line));
    waiting = [];
    return told;
  }

  return {
    take(chunk, line, { number, found }) {
      const before = shaper.status();
      const batch = shaper.shape(lineChunk(chunk, line));
      const messages = messagesOf(batch, format);
      const place = { line: number, at: chunk.start + line.from, len: line.next - line.from };
      const about = { ...place, ...describe(line, found, chunk.modified) };
      const tried = { ...about, messages: [], notes: notesOf(before, shaper.status(), batch) };
      if (!joins) {
        // Pieces of a line wait for its end.
        const goesOn = found !== null && found !== SLOW && found.partial !== undefined;
        if (waiting.length === 0 && !goesOn) return { told: [withMessages(tried, messages)], batch };
        waiting.push(tried);
        return { told: goesOn ? [] : release(messages), batch };
      }
      const told = messages.length > 0 || batch.tally.filtered.lines > 0 ? release(messages) : [];
      waiting.push(waiting.length === 0 && tried.outcome === 'unmatched' ? { ...tried, fate: 'ships' } : tried);
      return { told, batch };
    },
    finish: (batch) => release(batch ? messagesOf(batch, format) : []),
    waitsFrom: () => waiting[0]?.line ?? Number.POSITIVE_INFINITY,
  };
}

/** A line that ships and became no message has a priority that `select` leaves out. */
function withMessages(line: Tried, messages: readonly TriedMessage[]): Tried {
  const left = line.fate === 'ships' && messages.length === 0;
  return { ...line, messages, fate: left ? 'not selected' : line.fate };
}

/** `splitter`: what takes a chunk apart where it does not hold lines of UTF-8. */
type Reading = { readonly splitter: Splitter | undefined; readonly redactor: Redactor | undefined };

/** The lines of a chunk, one after the other. */
export function* linesOfChunk(chunk: Chunk, { splitter, redactor }: Reading): Generator<Line> {
  for (const { text, from, next } of splitter ? splitLines(chunk, splitter) : textLines(chunk)) {
    yield { text, seen: redactor ? redactor.redact(text) : text, from, next };
  }
}

type Piece = Omit<Line, 'seen'>;

function* splitLines({ bytes, start }: Chunk, splitter: Splitter): Generator<Piece> {
  for (let from = 0; from < bytes.length; ) {
    const next = splitter.end(bytes, from);
    yield { text: splitter.text(bytes, from, next, start + from === 0), from, next };
    from = next;
  }
}

function* textLines({ bytes, start }: Chunk): Generator<Piece> {
  for (let from = 0; from < bytes.length; ) {
    const lf = bytes.indexOf(0x0a, from);
    const next = lf < 0 ? bytes.length : lf + 1;
    const text = bytes.toString('utf8', from, lf < 0 ? next : lf).replace(/\r$/, '');
    yield { text: start + from === 0 ? text.replace(/^\ufeff/, '') : text, from, next };
    from = next;
  }
}

/** The part of a chunk that a line is. */
function lineChunk(chunk: Chunk, { from, next }: Line): Chunk {
  const last = next === chunk.bytes.length;
  return {
    ...chunk,
    bytes: chunk.bytes.subarray(from, next),
    start: chunk.start + from,
    end: last ? chunk.end : chunk.start + next,
    cut: chunk.cut && last,
  };
}

/** What a line added to the shaper's counts, in words. */
function notesOf(before: ShapeStatus, after: ShapeStatus, batch: Batch): string[] {
  const notes: string[] = [];
  if (after.invalidUtf8 > before.invalidUtf8) notes.push('It holds bytes that are not UTF-8: they become U+FFFD.');
  if (after.unreadableTimes > before.unreadableTimes) {
    notes.push('Its time cannot be read: the time of reading stands in for it.');
  }
  if (after.cut > before.cut)
    notes.push('It is cut: longer than [input] max_line, or than [syslog] chunk has room for.');
  if (batch.ends.length > 1) notes.push(`It is larger than [syslog] chunk and goes out in ${batch.ends.length} parts.`);
  return notes;
}
