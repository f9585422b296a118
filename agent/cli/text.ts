/** Breaks a paragraph at blanks into lines of at most `width` characters, where words allow it. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A text of at most `length` characters; what is left out is counted. */
export function clip(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)} … (${text.length - length} more)` : text;
}
