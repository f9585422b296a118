/** Memory outside of V8's heap is given back at once: V8's collector would take its time, for it sees little of it. */

const lent = new WeakMap<ArrayBufferView, () => void>();

/** `back` is called when these very bytes, not a part of them, are given back: their memory is used again. */
export function lend(bytes: Uint8Array, back: () => void): void {
  lent.set(bytes, back);
}

/** These bytes are all that is used of their memory: whoever gives them back gives back the whole of it. Gives the bytes. */
export function lendWhole<T extends Uint8Array>(bytes: T): T {
  lend(bytes, () => free(new Uint8Array(bytes.buffer)));
  return bytes;
}

/** Gives the memory of some bytes back. Nobody may have them any more. Memory that others share is left alone. */
export function free(bytes: ArrayBufferView): void {
  const { buffer, byteLength } = bytes;
  const back = lent.get(bytes);
  lent.delete(bytes);
  if (back) back();
  else if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && byteLength > 0) buffer.transfer(0);
}

/** Gives the memory of a batch back: its messages, and where they end. */
export function freeBatch({ payload, ends }: Record<'payload' | 'ends', ArrayBufferView>): void {
  free(payload);
  free(ends);
}
