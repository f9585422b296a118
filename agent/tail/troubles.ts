/** What discovery cannot look into, told once, and once more when it can. */
import type { Log } from '../types.ts';
import { cureOf } from './cures.ts';
import { NOT_UTF8, type PassedOver } from './discovery.ts';

/** So many of the things that are passed over are named. */
const NAMED = 3;

/** What is passed over and what can be done about it, in words; `all` is not empty. */
export function passedText(kind: PassedOver, all: readonly string[]): { readonly what: string; readonly cure: string } {
  const rest = all.length > NAMED ? ` and ${all.length - NAMED} more` : '';
  const names = `${all.slice(0, NAMED).join(', ')}${rest}`;
  const are = all.length === 1 ? `1 ${kind} matches and is` : `${all.length} ${kind}s match and are`;
  return kind === 'folder'
    ? {
        what: `${are} not followed, for only files are: ${names}`,
        cure: `to follow what is in it name that, for example ${all[0]}/*.log`,
      }
    : {
        what: `${are} not read, for an archive is only read as the rotated file of one that is followed: ${names}`,
        cure: 'unpack it where its lines are wanted, or name the file from which it was made',
      };
}

/** Tells of what globs match and nobody reads, all that is new in one sentence. Takes what discovery's `passed` gives after each look. */
export function createPassed(
  log: Log,
  input: { readonly input: string },
): (now: ReadonlyMap<string, PassedOver>) => void {
  const told = new Set<string>();
  return (now) => {
    for (const kind of ['folder', 'archive'] as const) {
      const fresh = [...now].flatMap(([place, one]) => (one === kind && !told.has(place) ? [place] : []));
      if (fresh.length === 0) continue;
      for (const place of fresh) told.add(place);
      const { what, cure } = passedText(kind, fresh.sort());
      log.warn('passed-over', `${what}: ${cure}`, input);
    }
  };
}

/** Takes what discovery's `troubles` gives after each look. `input` goes with each line of the log. */
export function createTroubles(
  log: Log,
  input: { readonly input: string },
): (now: ReadonlyMap<string, string>) => void {
  const told = new Map<string, string>();

  function tell(place: string, code: string): void {
    if (code === NOT_UTF8) {
      const cure = 'let the application write one with a name in ASCII or UTF-8, or rename it';
      log.warn('name-unwritable', `The name of ${place} is not UTF-8, so the file is not read: ${cure}`, input);
    } else log.warn('folder-closed', `The folder ${place} cannot be listed (${code}): ${cureOf(code)}`, input);
  }

  return (now) => {
    for (const [place, code] of now) {
      if (told.get(place) === code) continue;
      told.set(place, code);
      tell(place, code);
    }
    for (const [place, code] of told) {
      if (now.has(place)) continue;
      told.delete(place);
      if (code !== NOT_UTF8) log.info(`The folder ${place} can be listed again`, input);
    }
  };
}
