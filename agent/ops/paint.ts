/** How text is laid out for a terminal: colours where they are wanted, and columns by what a character takes on the screen. Pure. */
import stringWidth from 'string-width';
import { wrap } from '../wire/wrap.ts';

/** How wide the text may be, in columns, and whether with colours. */
export type Look = { readonly wide: number; readonly colour: boolean };

/** Without a terminal, or on a wide one: longer lines are not easier to read. */
export const WIDEST = 100;
export const PLAIN: Look = { wide: WIDEST, colour: false };

/** SGR parameters (ECMA-48): green, yellow, red, dim, bold. */
const TONES = { good: '32', odd: '33', ill: '31;1', soft: '2', strong: '1' } as const;
export type Tone = keyof typeof TONES;

export type Cell = string | { readonly text: string; readonly tone: Tone };

export function paint({ colour }: Look, tone: Tone, text: string): string {
  return colour && text !== '' ? `\x1b[${TONES[tone]}m${text}\x1b[0m` : text;
}

/** Pads every column but the last to its widest cell. */
export function columns(table: readonly (readonly Cell[])[], look: Look): string[] {
  const textOf = (cell: Cell) => (typeof cell === 'string' ? cell : cell.text);
  const widths: number[] = [];
  for (const row of table) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, stringWidth(textOf(cell)));
  }
  return table.map((row) => {
    const last = row.findLastIndex((cell) => textOf(cell) !== '');
    return row
      .slice(0, last + 1)
      .map((cell, i) => {
        const pad = ' '.repeat(i < last ? widths[i]! - stringWidth(textOf(cell)) : 0);
        return (typeof cell === 'string' ? cell : paint(look, cell.tone, cell.text)) + pad;
      })
      .join('  ');
  });
}

/** A paragraph behind `head`, broken to the width; further lines stand below its first word. */
export function hanging(head: string, text: string, look: Look, tone?: Tone): string[] {
  const indent = stringWidth(head);
  return wrap(text, look.wide - indent, stringWidth).map((line, i) => {
    const start = i === 0 ? head : ' '.repeat(indent);
    return start + (tone ? paint(look, tone, line) : line);
  });
}

/** SGR sequences, which take no place on the screen. */
const COLOUR = /\x1b\[[\d;]*m/;

/** A line cut to `wide` columns, with the colours in it; what is cut is told by an ellipsis. */
export function cut(line: string, wide: number): string {
  if (stringWidth(line) <= wide) return line;
  let left = wide - 1;
  let kept = '';
  for (const piece of line.split(new RegExp(`(${COLOUR.source})`))) {
    if (COLOUR.test(piece)) {
      kept += piece;
      continue;
    }
    for (const { segment } of new Intl.Segmenter().segment(piece)) {
      left -= stringWidth(segment);
      if (left < 0) return `${kept}…${COLOUR.test(kept) ? '\x1b[0m' : ''}`;
      kept += segment;
    }
  }
  return kept;
}
