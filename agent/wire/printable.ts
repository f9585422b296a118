/**
 * A text for a terminal: control characters other than the tab become `\x1b` and the like. A file name, a log line or a
 * server's answer may hold anything, and a terminal must not obey it.
 */
export function printable(text: string): string {
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
