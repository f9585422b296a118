/**
 * Shapes in a thread of its own, for the main thread's shapers: carries out one order after the other and answers every chunk. What
 * goes wrong in here ends the thread; the main thread still has every chunk that was not answered, and shapes it itself.
 */
import { parentPort } from 'node:worker_threads';
import type { FileId } from '../types.ts';
import { free } from '../wire/free.ts';
import { type Answer, type LaidChunk, type Order, ROOM_BYTES, takeChunk, takeFitting } from './remote.ts';
import { createShaper, type Shaper } from './shaper.ts';

/** `samples`: those that were told. */
type Sitting = { readonly shaper: Shaper; samples: readonly string[] };

const sittings = new Map<number, Sitting>();
/** Memory for messages that is free; that in which those of the chunk in hand are made; and how many bytes the last ones took. */
const rooms: SharedArrayBuffer[] = [];
let room = new SharedArrayBuffer(0);
let last = 0;

function space(bytes: number): Buffer {
  if (bytes > room.byteLength) {
    const larger = takeFitting(rooms, bytes, ROOM_BYTES);
    rooms.push(room);
    room = larger;
  }
  return Buffer.from(room);
}

function carryOut(order: Order): void {
  if (order.what === 'begin') {
    const shaper = createShaper({ ...order, warn() {}, space });
    sittings.set(order.seat, { shaper, samples: shaper.samples() });
    return;
  }
  const sitting = sittings.get(order.seat)!;
  const { shaper } = sitting;
  if (order.what === 'open') shaper.open(order.context);
  else if (order.what === 'adopt') shaper.adopt(order.memory);
  else if (order.what === 'close') shaper.close(order.file);
  else if (order.what === 'shape') tell(shape(order.seat, sitting, order.chunk));
  else sittings.delete(order.seat);
}

function shape(seat: number, sitting: Sitting, laid: LaidChunk): Answer {
  const { shaper } = sitting;
  const files = touched(shaper, laid.file);
  rooms.push(...laid.desk.rooms);
  room = takeFitting(rooms, last, ROOM_BYTES);
  const { payload, ...batch } = shaper.shape(takeChunk(laid));
  last = payload.length;
  const samples = shaper.samples();
  const sample = samples === sitting.samples ? undefined : samples.at(-1);
  sitting.samples = samples;
  const memories = files.map(shaper.recall);
  return { seat, batch, payload: room, bytes: payload.length, memories, status: shaper.status(), sample };
}

/** A message is a copy: what it was made of is given back. */
function tell(answer: Answer): void {
  parentPort!.postMessage(answer);
  free(answer.batch.ends);
}

/**
 * The generations of which a shaper may know something else after a chunk of `file`: that in which its last record goes on; until its
 * first record also the one before it, and the one whose record goes on there.
 */
function touched(shaper: Shaper, file: FileId): FileId[] {
  const state = shaper.recall(file).state;
  const before = state?.begun ? undefined : state?.context.after?.file;
  const carried = before === undefined ? undefined : shaper.recall(before).state?.carries;
  return [carried, before, file, state?.into].filter((one) => one !== undefined);
}

parentPort!.on('message', carryOut);
parentPort!.postMessage('ready');
