/** From a draft to messages: header, identity and JSON, in parts where they are longer than `chunk`. */
import type { FileContext, InputConfig, RecordConfig } from '../types.ts';
import { type Identity, writeIdentity } from '../wire/identity.ts';
import { createBody } from './body.ts';
import { createDirectWriter, type DirectWriter } from './direct.ts';
import type { Draft } from './draft.ts';
import { elementStart, writeElement } from './element.ts';
import type { FileState, FileStates } from './files.ts';
import { createHeaderReader } from './header.ts';
import { createLimiter, suppressedRecord } from './limit.ts';
import { createOwnWriter } from './own.ts';
import type { Pattern } from './pattern.ts';
import type { Payload } from './payload.ts';
import { selects } from './select.ts';
import { widen } from './text.ts';

/** `filtered`: its priority is not selected. `limited`: `[limit]` suppresses it. */
type Outcome = 'sent' | 'filtered' | 'limited';

export type RecordWriter = {
  /**
   * Writes the record of the draft, which stands for the bytes from `at` to `at + len`, behind `state.skip` passed-over ones.
   * Gives what became of it; only what is `sent` is written.
   */
  write(draft: Draft, state: FileState, at: number, len: number): Outcome;
  /** Writes what `[limit]` has suppressed, where it is time to at `now` (ms); true where there was anything to tell. */
  tellSuppressed(now: number): boolean;
  /** The short way for most lines; undefined where pattern, format or `[limit]` have none. */
  readonly direct: DirectWriter | undefined;
  /** What the identity elements of a generation begin with. */
  element(context: FileContext): string;
  /** How a chunk's lines may be read. */
  readonly reads: { readonly bytewise: boolean; readonly ascii: boolean; readonly escapesAll: boolean };
  /** Times that could not be read, and records that had to lose something, so far. */
  counts(): { readonly unreadableTimes: number; readonly cut: number };
};

type Room = { readonly input: InputConfig; readonly record: RecordConfig; readonly pattern: Pattern };

export function createRecordWriter(
  { input, record, pattern }: Room,
  states: FileStates,
  payload: Payload,
): RecordWriter {
  const header = createHeaderReader({ pattern, transform: input.transform, record });
  const body = createBody(pattern, record, input);
  const { sdId } = record;
  const limit = record.chunk === 0 ? Number.POSITIVE_INFINITY : record.chunk;
  const limiter = createLimiter(input.transform.limits);
  const own = createOwnWriter(record, input.name, input.transform.timezone);
  let cut = 0;
  /** When the last record's line was read, ms. */
  let lastRead = 0;

  function identityOf(state: FileState, at: number, len: number): Identity {
    const after = state.begun ? {} : states.predecessor(state);
    return { gen: state.context.gen, at, len, skip: state.skip, ...after };
  }

  /** Parts are cut between characters, so the draft must be text. */
  function asText(draft: Draft): Draft {
    if (draft.wide) return draft;
    const line = widen(draft.line);
    const match = draft.match && pattern.match(line);
    return { ...draft, match, line, more: widen(draft.more), wide: true };
  }

  function writeParts(narrow: Draft, identity: Identity): void {
    const draft = asText(narrow);
    const { messages, shortened } = body.cut(draft, identity, limit);
    if (shortened && !draft.cut) cut += 1;
    for (const message of messages) payload.add(message, true);
  }

  return {
    write(draft, state, at, len) {
      draft.path = state.context.path;
      header.read(draft);
      if (!selects(record.select, draft.pri)) return 'filtered';
      lastRead = draft.readAt;
      if (limiter && !limiter.passes(draft.appName, draft.pri, draft.readAt)) return 'limited';
      if (draft.cut) cut += 1;
      const first = !state.begun && state.context.after ? identityOf(state, at, len) : undefined;
      const element = first ? writeIdentity(sdId, first) : writeElement(state.element, at, len, state.skip);
      // A line that is longer by itself is hardly ever one message, which would be made for nothing.
      const message = draft.line.length > limit ? undefined : body.write(draft, element);
      if (message !== undefined && fits(message, draft.wide, limit)) payload.add(message, draft.wide);
      else writeParts(draft, first ?? identityOf(state, at, len));
      state.begun = true;
      state.skip = 0;
      return 'sent';
    },
    tellSuppressed(now) {
      const untold = limiter?.untold(now) ?? [];
      for (const one of untold) payload.add(own.message(suppressedRecord(one), Math.min(now, lastRead)), true);
      return untold.length > 0;
    },
    direct: limiter ? undefined : createDirectWriter({ pattern, record, header, pieces: body.pieces, payload, limit }),
    element: (context) => elementStart(sdId, context.gen),
    reads: {
      bytewise: pattern.bytewise && body.bytewise && !pattern.wide,
      ascii: body.ascii && !pattern.wide,
      escapesAll: body.escapesAll,
    },
    counts: () => ({ unreadableTimes: header.unreadable(), cut }),
  };
}

/** A UTF-16 unit takes at most three bytes, so most messages need no counting. */
function fits(message: string, wide: boolean, limit: number): boolean {
  if (message.length > limit) return false;
  return !wide || message.length * 3 <= limit || Buffer.byteLength(message) <= limit;
}
