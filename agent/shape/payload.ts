/** The messages of a batch while they are made: one growing buffer, and where each message ends. */
import { type Memory, memoryOf } from './put.ts';

export type Payload = {
  /** Adds a message. `wide`: it is text, to be written as UTF-8; else each of its characters is one byte. */
  add(message: string, wide: boolean): void;
  /** Memory with room for a message of up to `bytes` bytes behind `size()`; `close` then adds the message that ends there. */
  room(bytes: number): Memory;
  size(): number;
  close(end: number): void;
  /** Gives the messages in buffers of their own, each with one LF behind it, and begins anew. */
  take(): { readonly payload: Buffer; readonly ends: Uint32Array };
};

const FIRST_BYTES = 64 * 1024;
const FIRST_ENDS = 1024;
/** After a batch that was larger than that, its memory is not kept. */
const KEPT_BYTES = 4 * 1024 * 1024;
const LF = 0x0a;

/** `space`: gives the memory for a batch; of its own for each batch where left out, so that it can be given back as soon as that is settled. */
export function createPayload(space: (bytes: number) => Buffer = Buffer.allocUnsafeSlow): Payload {
  let memory = memoryOf(Buffer.alloc(0));
  let size = 0;
  let ends = new Uint32Array(0);
  let count = 0;

  function grow(wanted: number): void {
    let bytes = Math.max(memory.bytes.length, FIRST_BYTES);
    while (bytes < wanted) bytes *= 2;
    const larger = Buffer.allocUnsafeSlow(bytes);
    memory.bytes.copy(larger, 0, 0, size);
    memory = memoryOf(larger);
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
      // A UTF-16 unit takes at most three bytes of UTF-8.
      const into = room(wide ? message.length * 3 : message.length).bytes;
      close(size + (wide ? into.write(message, size, 'utf8') : into.write(message, size, 'latin1')));
    },
    room,
    size: () => size,
    close,
    take() {
      const payload = space(size);
      memory.bytes.copy(payload, 0, 0, size);
      const taken = { payload, ends: ends.slice(0, count) };
      size = 0;
      count = 0;
      if (memory.bytes.length > KEPT_BYTES) memory = memoryOf(Buffer.alloc(0));
      return taken;
    },
  };
}
