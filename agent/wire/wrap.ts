/**
 * Breaks a paragraph at blanks into lines of at most `width` columns, where words allow it. `widthOf` tells how many columns a text
 * takes; without it a character is one.
 */
export function wrap(text: string, width: number, widthOf = (part: string) => part.length): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
