/** What discovery cannot look into, told once, and once more when it can. */
import type { Log } from '../types.ts';
import { cureOf } from './cures.ts';
import { NOT_UTF8 } from './discovery.ts';

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
