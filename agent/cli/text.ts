/** A text of at most `length` characters; what is left out is counted. */
export function clip(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)} … (${text.length - length} more)` : text;
}
