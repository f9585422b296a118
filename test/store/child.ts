/**
 * A process of its own on a state, for the tests that kill one: `node child.ts ROLE FILE`. It ends with its parent.
 * hold: opens it and waits. look: looks at it from outside again and again. work: settles and spools again and again.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { realClock } from '../../agent/ops/clock.ts';
import { inspectStore } from '../../agent/store/inspect.ts';
import { openStore, type Store } from '../../agent/store/store.ts';
import type { Sent } from '../../agent/types.ts';
import { addFile, batch, configFor, count, live, mark, rowsOf, testLog } from './help.ts';

const random = (below: number) => Math.floor(Math.random() * below);

function openAs(file: string, full: 'block' | 'drop-oldest'): Store {
  const config = configFor(file, full === 'block' ? {} : { full, maxSize: 2 ** 20 });
  return openStore({ config, clock: realClock, log: testLog(), command: 'tailship run -c test.conf' });
}

/** The next one to three batches of the file: every byte of it is in one of the three counts. */
function nextBatches(store: Store, destination: string, file: number): Sent[] {
  let offset = store.checkpoint(destination, file)?.offset ?? 0;
  return Array.from({ length: 1 + random(3) }, () => {
    const sent = count(random(4), 0);
    const counts = { sent: { ...sent, bytes: sent.lines * 40 }, filtered: count(1, random(50)), dropped: count(1, 7) };
    offset += counts.sent.bytes + counts.filtered.bytes + counts.dropped.bytes;
    const payload = sent.lines === 0 ? 0 : 1 + random(100_000);
    return live(batch({ ...counts, payload, marks: [mark(file, offset)] }), random(5) === 0);
  });
}

function step(store: Store, file: number): void {
  const destination = random(2) === 0 ? 'main' : 'backup';
  const rows = rowsOf(store, destination).slice(0, 1 + random(5));
  const acts = [
    () => store.settle(destination, nextBatches(store, destination, file)),
    () => store.spool(destination, nextBatches(store, destination, file)),
    () => store.settle(destination, rows),
    () => store.spool(destination, rows),
    () =>
      store.transaction(() => {
        store.settle(destination, rows);
        store.spool(destination, nextBatches(store, destination, file));
      }),
  ];
  acts[random(acts.length)]!();
}

async function work(path: string): Promise<void> {
  const store = openAs(path, 'drop-oldest');
  const file = store.generations('app')[0]?.file ?? addFile(store);
  for (let i = 0; ; i++) {
    step(store, file);
    if (i === 30) process.stdout.write('working\n');
    await breathe();
  }
}

async function look(path: string): Promise<void> {
  for (;;) {
    inspectStore(path);
    process.stdout.write('looked\n');
    await breathe();
  }
}

const [role, file] = process.argv.slice(2);
let held: Store | undefined;
process.stdin.on('end', () => {
  // Named here too, so that it is not collected as garbage, which gives the lock back.
  held?.close();
  process.exit();
});
process.stdin.resume();
if (role === 'work') await work(file!);
if (role === 'look') await look(file!);
if (role === 'hold') {
  held = openAs(file!, 'block');
  process.stdout.write('holding\n');
}
