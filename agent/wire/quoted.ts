/** Quoted text with backslash escapes, as JSON strings and the values of structured data have it. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The index of the quote that ends the quoted text whose content begins at `at`, -1 where none does. A backslash takes the next
 * character's meaning away. A loop and not a regular expression: a message may be megabytes long, and V8 gives up on repeated
 * groups of that length.
 */
export function closingQuote(text: string, at: number): number {
  for (let i = at; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i;
    if (code === BACKSLASH) i += 1;
  }
  return -1;
}
