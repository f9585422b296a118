/** Sizes and durations as they are written in the configuration and on the command line. */

const SIZE_UNITS = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, kB: 1e3, MB: 1e6, GB: 1e9, B: 1 } as const;
const TIME_UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/** Spelling does not have to be exact where only one unit can be meant: `kb`, `KB` and `kB` are the same, so are `mib` and `MiB`. */
const SIZE_BY_NAME = new Map<string, number>(
  Object.entries(SIZE_UNITS).map(([name, factor]) => [name.toLowerCase(), factor]),
);
const TIME_BY_NAME = new Map<string, number>(Object.entries(TIME_UNITS));

/**
 * Reads `1MiB`, `16 MiB`, `1.5GB` or plain bytes (`8096`). Gives whole bytes.
 * Throws an Error with a sentence when the text is no size or is too large to be counted exactly. `word` is what else may be written
 * in that place, which the sentence then names.
 */
export function parseSize(text: string, word?: string): number {
  const found = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const factor = found ? (found[2] === '' ? 1 : SIZE_BY_NAME.get(found[2]!.toLowerCase())) : undefined;
  if (!found || factor === undefined) {
    const how = `write a number with KiB, MiB, GiB, kB, MB or GB, or plain bytes, e.g. 16MiB${orWord(word)}`;
    throw new Error(`'${text}' is not a size: ${how}`);
  }
  const bytes = Math.round(Number(found[1]) * factor);
  if (!Number.isSafeInteger(bytes)) throw new Error(`'${text}' is larger than any file can be: use a smaller size`);
  return bytes;
}

/**
 * Reads `250ms`, `2s`, `1.5h`, `1m 30s`. Gives milliseconds. A lone `0` needs no unit.
 * Throws an Error with a sentence when the text is no duration, above all when its unit is missing; `word` as in `parseSize`.
 */
export function parseDuration(text: string, word?: string): number {
  const trimmed = text.trim();
  const how = `write a number with ms, s, m, h or d, e.g. 250ms or 1m 30s${orWord(word)}`;
  if (trimmed === '0') return 0;
  if (/^\d+(\.\d+)?$/.test(trimmed)) {
    throw new Error(`'${text}' has no unit: write ${trimmed}s for seconds, or use ms, m, h or d`);
  }
  const piece = /\s*(\d+(?:\.\d+)?)\s*(ms|[smhd])/y;
  let sum = 0;
  while (piece.lastIndex < trimmed.length) {
    const found = piece.exec(trimmed);
    if (!found) throw new Error(`'${text}' is not a duration: ${how}`);
    sum += Number(found[1]) * TIME_BY_NAME.get(found[2]!)!;
  }
  const ms = Math.round(sum);
  if (trimmed === '' || !Number.isSafeInteger(ms)) {
    throw new Error(`'${text}' is not a duration: ${how}`);
  }
  return ms;
}

const orWord = (word: string | undefined): string => (word === undefined ? '' : `; or ${word}`);

/** Bytes for a human reader: `512B`, `1.5KiB`, `16MiB`; at most one decimal, and `parseSize` reads it back. */
export function formatSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  // 1023.96 KiB would be printed as 1024KiB, so the step is taken where rounding reaches it.
  while (unit < units.length - 1 && Math.abs(value) >= (unit === 0 ? 1024 : 1023.95)) {
    value /= 1024;
    unit += 1;
  }
  return `${Number(value.toFixed(1))}${units[unit]}`;
}

/** Milliseconds for a human reader: `250ms`, `2.5s`, `1m 30s`, `3d 4h`: the two largest units; `parseDuration` reads it back. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1000) return `${whole}ms`;
  if (whole < 59_950) return `${Number((whole / 1000).toFixed(1))}s`;
  const steps = [
    ['d', 'h'],
    ['h', 'm'],
    ['m', 's'],
  ] as const;
  for (const [large, small] of steps) {
    const rest = TIME_UNITS[small];
    // Rounded to the smaller unit first, so that 59m 59.9s is 1h and never 59m 60s.
    const rounded = Math.round(whole / rest) * rest;
    if (rounded < TIME_UNITS[large]) continue;
    const count = Math.floor(rounded / TIME_UNITS[large]);
    const left = (rounded - count * TIME_UNITS[large]) / rest;
    return left === 0 ? `${count}${large}` : `${count}${large} ${left}${small}`;
  }
  return `${whole}ms`;
}
