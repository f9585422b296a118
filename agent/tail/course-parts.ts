import type { FileContext, FileId } from '../types.ts';
import type { Beginning } from './beginning.ts';
import type { Chain } from './chain-parts.ts';
import type { LegParts } from './leg.ts';

/** What the courses of a walk share. */
export type CourseParts = LegParts & {
  readonly destination: string;
  readonly beginning: Beginning;
  /** True once the first look at the files is over. */
  started(): boolean;
  opened(context: FileContext): void;
  closed(file: FileId): void;
  /** Called when a step may give something again: a wait is over, or unpacked bytes have come. */
  wake(chain: Chain): void;
};
