/**
 * The identity element on the hot path: what `writeIdentity` of wire/ gives for a record that is whole and not the first of its
 * generation, from pieces that are prepared once.
 */

/** What all elements of a generation begin with. */
export function elementStart(sdId: string, gen: string): string {
  return `[${sdId} f="${gen}" at="`;
}

/** The element of the bytes from `at` to `at + len`, behind `skip` bytes that were passed over. */
export function writeElement(start: string, at: number, len: number, skip: number): string {
  const text = `${start + decimal(at)}" len="${decimal(len)}`;
  return skip === 0 ? `${text}"]` : `${text}" skip="${decimal(skip)}"]`;
}

const SMALL: readonly string[] = Array.from({ length: 8192 }, (_, value) => String(value));
const THREE: readonly string[] = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'));
let thousands = -1;
let thousandsText = '';

/** A number that grows slowly from call to call: V8 takes longer to write one than to match a line. */
function decimal(value: number): string {
  if (value < SMALL.length) return SMALL[value]!;
  const high = Math.floor(value / 1000);
  if (high !== thousands) {
    thousands = high;
    thousandsText = String(high);
  }
  return thousandsText + THREE[value - high * 1000]!;
}
