/** A text as the picture of a terminal's whole screen. Pure. */
import { cut, type Look, paint } from './paint.ts';

/** Columns and rows of a terminal. */
export type Size = { readonly columns: number; readonly rows: number };

export type Picture = {
  /** What is to be written: it begins at the first row and leaves nothing of what stood there. */
  readonly frame: string;
  /** The line of the text that stands at the top: as near to the wish as the text is long. */
  readonly top: number;
};

/** Draws `text` from line `top` on, with a line about keys at the bottom. Longer lines are cut and never wrapped. */
export function drawScreen(text: string, top: number, size: Size, look: Look): Picture {
  const lines = text.trimEnd().split('\n');
  const room = Math.max(1, size.rows - 1);
  const from = Math.max(0, Math.min(top, lines.length - room));
  const rows = lines.slice(from, from + room);
  const more =
    lines.length > room ? `lines ${from + 1} to ${from + rows.length} of ${lines.length}, arrows move · ` : '';
  const foot = paint(look, 'soft', cut(`${more}every second · q leaves`, size.columns));
  const filled = [...rows, ...Array<string>(room - rows.length).fill('')];
  // Each row is cleared behind its text and not before it, so that nothing flickers.
  const frame = [...filled.map((row) => cut(row, size.columns)), foot].map((row) => `${row}\x1b[K`).join('\r\n');
  return { frame: `\x1b[H${frame}\x1b[J`, top: from };
}
