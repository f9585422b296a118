/**
 * Where the lines of a chunk end, and where something in them needs an escape: found in one go before the lines are taken one by one,
 * because a call for each of them costs more than the search itself.
 */
import { createEscapes, NEEDS_ESCAPE } from './escapes.ts';
import { CAPACITY, NONE, sieveModule } from './sieve-code.ts';

/**
 * Two numbers for each LF and then for the end of the bytes: where it stands, and where the first byte since the last one stands that
 * needs an escape; NONE where none does.
 */
export type Marks = Int32Array;

type Exports = { readonly memory: { readonly buffer: ArrayBuffer }; sift(length: number): void };
/** What is used of it; it is not among the types of ECMAScript. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Exports };
};

const LF = 0x0a;
/** The module may look at so many bytes behind those that are meant. */
const BEHIND = 16;
const FIRST_MARKS = 1024;
/** The module is made for the first chunk of so many bytes. An agent that never has one does without the megabyte that V8's compiler takes. */
const WORTH = 16 * 1024;

/** Up to so many bytes are looked at one by one: for a line or a few no search is worth its call. */
const FEW = 1024;
const fewMarks: Marks = new Int32Array(2 * (FEW + 1));

type Way = (bytes: Buffer) => Marks;
let chosen: Way | undefined;

/** The marks of these bytes, good until the next call in this thread. */
export function sift(bytes: Buffer): Marks {
  if (bytes.length <= FEW) return siftOneByOne(bytes);
  if (bytes.length >= WORTH) chosen ??= createSieve() ?? siftBySearch;
  return bytes.length > CAPACITY - BEHIND || !chosen ? siftBySearch(bytes) : chosen(bytes);
}

/** The same by WebAssembly, for less than CAPACITY. Undefined where the processor or the limits of the process allow none. */
export function createSieve(start = startModule): Way | undefined {
  let exports: Exports;
  try {
    exports = start();
  } catch {
    return undefined;
  }
  const { memory, sift: siftMemory } = exports;
  const into = Buffer.from(memory.buffer, 0, CAPACITY);
  const marks = new Int32Array(memory.buffer, CAPACITY);
  return (bytes) => {
    bytes.copy(into);
    into.fill(0, bytes.length, bytes.length + BEHIND);
    siftMemory(bytes.length);
    return marks;
  };
}

function startModule(): Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(sieveModule())).exports;
}

/** The same byte by byte, for up to FEW. */
export function siftOneByOne(bytes: Buffer): Marks {
  let at = 0;
  let special = NONE;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i]!;
    if (NEEDS_ESCAPE[byte] === 0) continue;
    if (byte !== LF) {
      if (special === NONE) special = i;
      continue;
    }
    fewMarks[at] = i;
    fewMarks[at + 1] = special;
    at += 2;
    special = NONE;
  }
  fewMarks[at] = bytes.length;
  fewMarks[at + 1] = special;
  return fewMarks;
}

/** The same by searches through memory, for any number of bytes. */
export function siftBySearch(bytes: Buffer): Marks {
  const escapes = createEscapes(bytes);
  let marks = new Int32Array(FIRST_MARKS);
  for (let from = 0, at = 0; ; at += 2) {
    const lf = bytes.indexOf(LF, from);
    const end = lf < 0 ? bytes.length : lf;
    const special = escapes.next(from);
    if (at === marks.length) marks = longer(marks);
    marks[at] = end;
    marks[at + 1] = special < end ? special : NONE;
    if (lf < 0) return marks;
    from = lf + 1;
  }
}

function longer(marks: Marks): Int32Array<ArrayBuffer> {
  const twice = new Int32Array(2 * marks.length);
  twice.set(marks);
  return twice;
}
