/** Where received messages are written: one a line, in blocks, and never faster than the other side takes them. */
import { decode } from './decode.ts';

const LF = 0x0a;
const BLOCK = 262_144;
/** Bytes handed to the sink and not yet written, above and below which receiving is held up and goes on. */
const HIGH = 8 * 1024 * 1024;
const LOW = 2 * 1024 * 1024;

/** A stream to write to; a file's and standard output's are such. `done` is called when the bytes are out of this process. */
export type Sink = { write(bytes: Uint8Array, done: (problem?: Error | null) => void): unknown };

export type Output = {
  /** Takes the message in `bytes` from `start` to `end`; the bytes are copied. */
  add(bytes: Buffer, start: number, end: number): void;
  /** Resolves when all that was taken so far is written: true; or when writing has failed: false. */
  written(): Promise<boolean>;
};

/**
 * Writes messages to `sink`. An LF inside a message is written `#012`, as rsyslog does, so that a line is always a message.
 * `json`: not the message but its fields, as a JSON object. `blocked(true)` asks that nothing more be handed in until
 * `blocked(false)`; `failed` is called once when the sink refuses, and what comes after that is thrown away.
 */
export function createOutput(parts: {
  readonly sink: Sink;
  readonly json: boolean;
  readonly blocked: (yes: boolean) => void;
  readonly failed: (problem: Error) => void;
}): Output {
  let block = Buffer.allocUnsafeSlow(BLOCK);
  let from = 0;
  let used = 0;
  let isBlocked = false;
  let isFailed = false;
  /** Bytes handed to the sink since the start, and how many of them it has written. */
  let handed = 0;
  let done = 0;
  const waiters: { readonly upTo: number; readonly resolve: (good: boolean) => void }[] = [];

  function wrote(size: number, problem: Error | null | undefined): void {
    done += size;
    if (problem && !isFailed) {
      isFailed = true;
      parts.failed(problem);
    }
    if (isBlocked && handed - done <= LOW) {
      isBlocked = false;
      parts.blocked(false);
    }
    while (waiters.length > 0 && waiters[0]!.upTo <= done) waiters.shift()!.resolve(!isFailed);
  }

  function hand(bytes: Uint8Array): void {
    handed += bytes.length;
    parts.sink.write(bytes, (problem) => wrote(bytes.length, problem));
    if (!isBlocked && handed - done > HIGH) {
      isBlocked = true;
      parts.blocked(true);
    }
  }

  function flush(): void {
    if (used === from) return;
    const bytes = block.subarray(from, used);
    from = used;
    hand(bytes);
  }

  /** Makes room for `size` bytes in the block. A block is never written to again where the sink may still read it. */
  function room(size: number): void {
    if (block.length - used >= size) return;
    flush();
    block = Buffer.allocUnsafeSlow(Math.max(BLOCK, size));
    from = 0;
    used = 0;
  }

  const schedule = atEndOfTurn(flush);

  function addText(text: string, encoding: 'utf8' | 'latin1'): void {
    room(Buffer.byteLength(text, encoding) + 1);
    used += block.write(text, used, encoding);
    block[used] = LF;
    used += 1;
    schedule();
  }

  return {
    add(bytes, start, end) {
      if (isFailed) return;
      if (parts.json) return addText(JSON.stringify(decode(bytes.toString('utf8', start, end))), 'utf8');
      room(end - start + 1);
      const behind = used + bytes.copy(block, used, start, end);
      block[behind] = LF;
      // The search always ends at the LF just written, so it costs no more than the message is long.
      if (block.indexOf(LF, used) < behind) {
        return addText(bytes.toString('latin1', start, end).replaceAll('\n', '#012'), 'latin1');
      }
      used = behind + 1;
      schedule();
    },
    written() {
      flush();
      if (done === handed) return Promise.resolve(!isFailed);
      return new Promise((resolve) => waiters.push({ upTo: handed, resolve }));
    },
  };
}

/** A function that has `work` done once when this turn of the event loop ends, however often it is called until then. */
export function atEndOfTurn(work: () => void): () => void {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      work();
    });
  };
}
