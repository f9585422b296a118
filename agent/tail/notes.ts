/**
 * What a lineage notes of a generation, in memory and in the registry.
 */
import type { Clues } from '../types.ts';
import type { Stat } from './files.ts';
import { cluesOf, SMALL, startOf } from './fingerprint.ts';
import type { Gen } from './generation.ts';
import { earlyEnd, type KnownNow } from './known.ts';
import type { LineageOwner, LineageParts } from './lineage-parts.ts';

export abstract class Notes {
  protected readonly parts: LineageParts;
  protected readonly chain: LineageOwner;
  /** True while it is being said who is who: nobody may act on the half of it. */
  protected busy = false;

  constructor(parts: LineageParts, chain: LineageOwner) {
    this.parts = parts;
    this.chain = chain;
  }

  /** Takes note of size and time of change. */
  note(gen: Gen, stat: Stat): void {
    if (stat.size === gen.size && stat.modified === gen.modified) return;
    gen.size = stat.size;
    gen.modified = stat.modified;
    if (gen.size >= SMALL) gen.start = undefined;
    gen.end ??= earlyEnd(gen, this.parts.files, this.parts.handles);
    // What was read on an event, before this look, need not be asked for again.
    this.touch(gen, this.unread(gen) !== gen.size);
  }

  /** Knows a generation by the head that it has now, here and in the registry. */
  learn(gen: Gen, stat: Stat, head: Uint8Array): void {
    gen.start = startOf(stat, head);
    if (head.length > gen.clues.headBytes) this.remember(gen, { clues: cluesOf(stat, head) });
  }

  /** Keeps what a look has found out about a generation. */
  protected keep(gen: Gen, { end, grown }: KnownNow): void {
    gen.end ??= end;
    if (grown) this.learn(gen, grown.stat, grown.head);
  }

  protected unread(gen: Gen): number | undefined {
    return this.parts.unread(this.chain, gen);
  }

  protected remember(gen: Gen, change: { readonly clues?: Clues; readonly path?: string }): void {
    if (change.clues) gen.clues = change.clues;
    if (change.path !== undefined) gen.path = change.path;
    this.parts.registry.update(gen.file, change);
  }

  /** `more`: there may be something to read. */
  protected touch(gen: Gen, more = true): void {
    if (more) gen.version += 1;
    gen.quietSince = Math.floor(this.parts.clock.ticks());
    if (!this.busy) this.chain.changed();
  }

  protected giveUp(gen: Gen): void {
    gen.place = 'gone';
    gen.lost = true;
    this.parts.handles.drop(gen);
    this.touch(gen);
  }
}
