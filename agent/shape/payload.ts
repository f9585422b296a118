/** The messages of a batch while they are made: one growing buffer, and where each message ends. */
import { free, lendWhole } from '../wire/free.ts';
import { type Memory, memoryOf } from './put.ts';

export type Payload = {
  /** Adds a message. `wide`: it is text, to be written as UTF-8; else each of its characters is one byte. */
  add(message: string, wide: boolean): void;
  /** Memory with room for a message of up to `bytes` bytes behind `size()`; `close` then adds the message that ends there. */
  room(bytes: number): Memory;
  size(): number;
  close(end: number): void;
  /** Gives the messages, each with one LF behind it, and begins anew. They stand in `space`'s memory, else in a buffer of their own. */
  take(): { readonly payload: Buffer; readonly ends: Uint32Array };
};

const FIRST_BYTES = 64 * 1024;
const FIRST_ENDS = 1024;
/** Memory that a larger batch has grown to is not kept. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** The bytes of messages that are longer are counted before they are written. */
const COUNTED = 64 * 1024;
const LF = 0x0a;
const NOTHING = memoryOf(Buffer.alloc(0));

/** Memory in which no batch is made at the moment: inputs are read in turn, so that one piece serves the shapers of all. */
let spare = NOTHING;

/** Memory of at least so many bytes. */
function borrow(bytes: number): Memory {
  const found = spare;
  spare = NOTHING;
  if (found.bytes.length >= bytes) return found;
  free(found.bytes);
  return memoryOf(Buffer.allocUnsafeSlow(bytes));
}

/** The batch that was made in it is given out. */
function bringBack(memory: Memory): void {
  const [less, more] = memory.bytes.length < spare.bytes.length ? [memory, spare] : [spare, memory];
  free(less.bytes);
  spare = more;
}

/**
 * `space`: gives memory of at least so many bytes, in which a batch is made and stays. Where left out, it is made in memory that is kept,
 * and given out in a copy, so that the memory of each batch can be given back as soon as that is settled. That of a large batch is not
 * kept, and goes with it.
 */
export function createPayload(space?: (bytes: number) => Buffer): Payload {
  let memory = NOTHING;
  let size = 0;
  let ends = new Uint32Array(0);
  let count = 0;

  function grow(wanted: number): void {
    let bytes = Math.max(memory.bytes.length, FIRST_BYTES);
    while (bytes < wanted) bytes *= 2;
    const larger = space ? memoryOf(space(bytes)) : borrow(bytes);
    memory.bytes.copy(larger.bytes, 0, 0, size);
    if (!space) free(memory.bytes);
    memory = larger;
  }

  function growEnds(): void {
    const larger = new Uint32Array(Math.max(FIRST_ENDS, ends.length * 2));
    larger.set(ends);
    ends = larger;
  }

  function room(bytes: number): Memory {
    if (size + bytes >= memory.bytes.length) grow(size + bytes + 1);
    return memory;
  }

  function close(end: number): void {
    if (count === ends.length) growEnds();
    ends[count] = end;
    count += 1;
    memory.bytes[end] = LF;
    size = end + 1;
  }

  return {
    add(message, wide) {
      // A UTF-16 unit takes at most three bytes of UTF-8. To count them is worth it only where that is much.
      const { length } = message;
      const into = room(!wide ? length : length < COUNTED ? length * 3 : Buffer.byteLength(message)).bytes;
      close(size + (wide ? into.write(message, size, 'utf8') : into.write(message, size, 'latin1')));
    },
    room,
    size: () => size,
    close,
    take() {
      const made = memory.bytes.subarray(0, size);
      // What is not kept needs no copy: it goes with the batch.
      const payload = space ? made : memory.bytes.length > KEPT_BYTES ? lendWhole(made) : copyOf(made);
      const taken = { payload, ends: ends.slice(0, count) };
      if (!space && memory.bytes.length <= KEPT_BYTES) bringBack(memory);
      memory = NOTHING;
      size = 0;
      count = 0;
      return taken;
    },
  };
}

function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
