import type { Io } from './io.ts';

/** Whether stdout is a terminal that can be drawn on and not only written to. */
export const isScreen = ({ stdout, env }: Io): boolean => stdout.isTTY === true && env.TERM !== 'dumb';

/** Colours on a terminal, unless somebody asked for none (no-color.org). */
export const wantsColour = (io: Io): boolean => isScreen(io) && (io.env.NO_COLOR ?? '') === '';

/** Longer lines are not easier to read, columns. */
const WIDEST = 100;

/** How text is laid out for whoever reads it. */
export const lookOf = (io: Io) => ({ wide: Math.min(io.stdout.columns ?? WIDEST, WIDEST), colour: wantsColour(io) });
