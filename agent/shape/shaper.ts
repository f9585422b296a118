/**
 * Shape: a chunk of lines becomes a batch of messages. Pure and without I/O; all that is remembered between chunks is how far each
 * generation got, and, with `unmatched = join`, the one record of it whose continuation lines may still come.
 */
import type { Batch, Checkpoint, Chunk } from '../types.ts';
import { garbage } from '../wire/garbage.ts';
import { type Budget, createBudget, SLOW, setAsideSentence, type Waiting } from './budget.ts';
import { clearDraft, newDraft, ownerStandIn } from './draft.ts';
import { advance, catchUp, createFileStates, type FileState, unlink } from './files.ts';
import { createJoiner } from './join.ts';
import { createMemory } from './memory.ts';
import { compilePattern, isLost, wraps } from './pattern.ts';
import { createPayload } from './payload.ts';
import { createRedactor } from './redact.ts';
import { CHUNK_BYTES } from './remote.ts';
import { createSample } from './sample.ts';
import type { Shaper, ShaperParts } from './shaper-types.ts';
import { createShortWay, lineEnd } from './shortway.ts';
import { sift } from './sieve.ts';
import { createSplitters, type Splitter } from './splitter.ts';
import { createTally } from './tally.ts';
import { createText } from './text.ts';
import { createRecordWriter } from './writer.ts';

export type { Shaper };

const BOM = Buffer.from('\ufeff');

/** One shaper serves one input on its way to one destination. Throws an Error when the pattern or the time zone is none. */
export function createShaper(parts: ShaperParts): Shaper {
  const { input, record } = parts;
  const { unmatched: policy } = input.transform;
  const pattern = compilePattern(input.transform.pattern);
  const splitters = createSplitters(input);
  const budget = pattern.risky ? createBudget(pattern.match) : undefined;
  const waiting: Waiting[] = [];
  const states = createFileStates();
  const payload = createPayload(parts.space);
  const tally = createTally();
  const writer = createRecordWriter({ input, record, pattern }, states, payload);
  const redactor = createRedactor(input.transform.redact);
  const text = createText({ ...writer.reads, bytewise: writer.reads.bytewise && redactor?.bytewise !== false });
  const joiner = createJoiner({ policy, pattern, writer, tally });
  const draft = newDraft();
  // A line of a slow pattern takes its turn, and secrets are not copied.
  const { direct } = writer;
  const short = direct && !budget && !redactor ? createShortWay({ direct, policy, text, joiner, tally }) : undefined;
  const sample = createSample();
  /** Where generations stand behind what was shaped since the last batch. */
  let checkpoints: Checkpoint[] = [];
  let unmatched = 0;
  let ms = 0;

  function shipLine(state: FileState, chunk: Chunk, from: number, len: number): void {
    draft.more = '';
    draft.modified = chunk.modified;
    draft.readAt = chunk.readAt;
    draft.name = state.name;
    const outcome = writer.write(draft, state, chunk.start + from, len);
    tally[outcome](1, len);
    if (outcome !== 'sent') state.skip += len;
  }

  function miss(chunk: Chunk): void {
    unmatched += 1;
    sample.note(chunk, draft.line, draft.wide);
  }

  /** The draft holds a line and its match: ships it, drops it, or gives it to the joiner. */
  function settle(state: FileState, chunk: Chunk, from: number, next: number): void {
    const { match, slow } = draft;
    if (match?.line !== undefined) draft.line = match.line;
    draft.cut = chunk.cut && next === chunk.bytes.length;
    const lost = isLost(match);
    if (policy === 'join' || match?.partial || state.held || state.carries)
      joiner.take(state, chunk, draft, { from, next });
    else if (!lost || slow || policy === 'ship') {
      if (lost) miss(chunk);
      shipLine(state, chunk, from, next - from);
    } else {
      miss(chunk);
      state.skip += next - from;
      tally.dropped(1, next - from);
    }
  }

  /** One line that is not empty. `clean`: none of its bytes needs an escape. */
  function take(state: FileState, chunk: Chunk, line: string, clean: boolean, from: number, next: number): void {
    draft.line = redactor ? redactor.redact(line) : line;
    draft.clean = clean;
    if (budget) waiting.push({ line: draft.line, clean, from, next });
    else {
      draft.match = pattern.match(draft.line);
      settle(state, chunk, from, next);
    }
  }

  /** The lines of a pattern that may be slow are matched together, and no state is touched while that may be interrupted. */
  function takeWaiting(state: FileState, chunk: Chunk, { match, setAside }: Budget): void {
    const before = setAside();
    const matches = match(waiting.filter(({ line }) => line !== '').map(({ line }) => line));
    let at = 0;
    for (const { line, clean, from, next } of waiting.splice(0)) {
      if (line === '') {
        joiner.passBlank(state, next - from);
        continue;
      }
      const found = matches[at++]!;
      draft.slow = found === SLOW;
      draft.match = found === SLOW ? null : found;
      draft.line = line;
      draft.clean = clean;
      settle(state, chunk, from, next);
    }
    if (setAside() && !before) parts.warn(setAsideSentence(input.name));
  }

  function passBlank(state: FileState, from: number, next: number): void {
    if (budget) waiting.push({ line: '', clean: true, from, next });
    else joiner.passBlank(state, next - from);
  }

  function takeLines(state: FileState, chunk: Chunk): void {
    const { bytes } = chunk;
    text.load(bytes);
    draft.wide = text.wide();
    let begin = chunk.start === 0 && bytes.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
    const marks = sift(bytes);
    short?.load(chunk, marks);
    for (let from = 0, mark = 0; from < bytes.length; mark += 2) {
      const lf = marks[mark]!;
      const next = Math.min(lf + 1, bytes.length);
      const to = lineEnd(bytes, begin, lf);
      if (to === begin) passBlank(state, from, next);
      else if (!short?.take(state, mark, begin, to, from, next))
        take(state, chunk, text.slice(begin, to, draft.wide), text.clean(marks[mark + 1]!, to), from, next);
      from = next;
      begin = next;
    }
  }

  /** Lines that are not UTF-8, and binary records. */
  function takeSplit(state: FileState, chunk: Chunk, splitter: Splitter): void {
    const { bytes, start } = chunk;
    draft.wide = true;
    for (let from = 0; from < bytes.length; ) {
      const next = splitter.end(bytes, from);
      const line = splitter.text(bytes, from, next, start + from === 0);
      if (line === '') passBlank(state, from, next);
      else take(state, chunk, line, false, from, next);
      from = next;
    }
  }

  function batch(): Batch {
    const made = { input: input.name, ...payload.take(), marks: checkpoints, tally: tally.take() };
    checkpoints = [];
    return made;
  }

  function add(chunk: Chunk): void {
    const begun = performance.now();
    const state = states.get(chunk.file);
    // A late line ends a record that went on in the next generation, and no record goes on in the one behind that.
    if (state.into) release(state);
    const previous = state.begun || !state.context.after ? undefined : states.find(state.context.after.file);
    if (previous?.carries) release(previous.carries);
    // What came before the generation goes before it, with the lines that go on with it.
    const complete = (): void => {
      if (previous?.into === state) unlink(previous);
      if (previous?.held) release(previous);
    };
    joiner.follow(state, previous, complete);
    // A record ends where bytes were left out behind it.
    if (chunk.start !== state.end) joiner.end(state);
    const { bytes } = chunk;
    const splitter = splitters.of(chunk);
    if (splitter) takeSplit(state, chunk, splitter);
    else takeLines(state, chunk);
    if (budget) takeWaiting(state, chunk, budget);
    const passed = chunk.end - chunk.start - bytes.length;
    if (passed > 0) {
      joiner.end(state);
      state.skip += passed;
      tally.filtered(0, passed);
    }
    joiner.keep(state);
    advance(state, chunk);
    clearDraft(draft);
    writer.tellSuppressed(chunk.readAt);
    checkpoints.push(state.mark);
    // What is made of a long line, or waits in pieces, outlives V8's first look, and may then lie for long.
    if (bytes.length > CHUNK_BYTES || state.held) garbage.look();
    ms += performance.now() - begun;
  }

  return {
    open(context) {
      const old = states.find(context.file);
      if (old) joiner.forget(old);
      states.open(context, { name: ownerStandIn(input, context), element: writer.element(context) });
    },
    shape(chunk) {
      add(chunk);
      return batch();
    },
    add,
    batch,
    flush(file) {
      const state = states.find(file);
      if (state?.held) release(state);
      return checkpoints.length > 0 ? batch() : undefined;
    },
    overdue(now) {
      for (const state of joiner.overdue(now)) release(state);
      const told = writer.tellSuppressed(now);
      return checkpoints.length > 0 || told ? batch() : undefined;
    },
    close(file) {
      const state = states.find(file);
      if (!state) return;
      state.closed = true;
      if (!state.held && !state.carries) states.drop(state);
    },
    samples: sample.lines,
    noteSample: sample.add,
    movable: !budget && input.transform.limits.length === 0 && !wraps(input.transform.pattern),
    ...createMemory(states, joiner, pattern),
    status: () => ({
      unmatched: unmatched + joiner.unmatched(),
      overruns: budget?.overruns() ?? 0,
      setAside: budget?.setAside() ?? false,
      ms,
      redacted: redactor?.count() ?? 0,
      invalidUtf8: text.invalid() + splitters.invalid(),
      ...writer.counts(),
    }),
  };

  /** Ships the record that waits and moves the marks behind it: that of the generation in which it went on, too. */
  function release(state: FileState): void {
    const done = state.into ? [state, state.into] : [state];
    joiner.release(state);
    checkpoints.push(...done.map(catchUp));
    for (const one of done) if (one.closed) states.drop(one);
  }
}
