import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until `condition` gives something true, and gives that. Looks every 20 ms.
 * Throws after `patience` ms with `what` in the sentence, and with what `told` says of the state then.
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  { patience = 60_000, told }: { patience?: number; told?: () => string } = {},
): Promise<NonNullable<T>> {
  const end = performance.now() + patience;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (performance.now() > end) {
      throw new Error(`waited ${patience / 1000} s in vain until ${what}${told ? `\n${told()}` : ''}`);
    }
    await sleep(20);
  }
}
