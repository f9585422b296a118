/**
 * A state that was copied with a machine or an image must not speak for the same generations twice: what two machines send under one
 * identity would be taken for repeats, and thrown away. So the state remembers its machine, and on another one every generation
 * gets a new identity.
 */
import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import type Database from 'better-sqlite3';
import { mintGen } from './generations.ts';

/** Clues by name. One that cannot be read is not there, and then says nothing. */
export type Machine = Readonly<Record<string, string>>;

/** What tells machines apart: what systemd made at the first boot, and what the hardware or its hypervisor says (for root alone). */
const CLUES: Readonly<Record<string, string>> = {
  'machine-id': '/etc/machine-id',
  'product-uuid': '/sys/class/dmi/id/product_uuid',
};

/** The machine that this process runs on. Values are hashed, for a machine-id is confidential (machine-id(5)). */
export function thisMachine(read = (file: string) => fs.readFileSync(file, 'utf8')): Machine {
  const clues = Object.entries(CLUES).flatMap(([clue, file]) => {
    try {
      const value = read(file).trim();
      // An image that is made to be copied has an empty one, or this word.
      return value === '' || value === 'uninitialized' ? [] : [[clue, value] as const];
    } catch {
      return [];
    }
  });
  return Object.fromEntries(
    clues.map(([clue, value]) => [clue, createHmac('sha256', value).update('tailship').digest('hex')]),
  );
}

/**
 * Notes the machine. Where a clue that is known of both is another one, all generations get new identities first, and the bytes that
 * were dealt with under the old ones count as passed over, so that a receiver misses nothing. Gives how many generations that were.
 */
export function settleMachine(db: Database.Database, machine: Machine): number {
  const before = db.prepare<[], { clue: string; value: string }>('SELECT clue, value FROM machine').all();
  const moved = before.some(({ clue, value }) => machine[clue] !== undefined && machine[clue] !== value);
  const known = before.length === Object.keys(machine).length && !moved;
  if (known) return 0;
  return db.transaction(() => {
    const note = db.prepare('INSERT OR REPLACE INTO machine VALUES (?, ?)');
    for (const [clue, value] of Object.entries(machine)) note.run(clue, value);
    return moved ? mintAll(db) : 0;
  })();
}

/** No generation follows another any more: the records that said so bear the old identities. */
function mintAll(db: Database.Database): number {
  const files = db.prepare<[], number>('SELECT file FROM generation').pluck().all();
  const mint = db.prepare('UPDATE generation SET gen = ?, previous = NULL WHERE file = ?');
  for (const file of files) mint.run(mintGen(), file);
  db.exec('UPDATE checkpoint SET skip = offset');
  return files.length;
}
