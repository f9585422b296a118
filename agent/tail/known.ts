/**
 * What a generation is known by, gathered for `rotation.ts` to decide on.
 */
import type { Clues } from '../types.ts';
import { HEAD_BYTES } from '../wire/clue.ts';
import type { Files } from './files.ts';
import { clueBefore, cluesOf, readHead, sameHead } from './fingerprint.ts';
import type { Gen, Handles } from './generation.ts';
import type { Known, Mark } from './rotation.ts';

/** Clues with what was written since the last look; by them the file is known in an archive or a copy. Undefined where there are no more. */
function grownClues(gen: Gen, marks: readonly Mark[], files: Files, handles: Handles): Clues | undefined {
  if (!handles.isOpen(gen) || gen.packed !== undefined || gen.clues.headBytes >= HEAD_BYTES) return undefined;
  const fd = handles.fd(gen);
  const head = readHead(files, fd, false);
  const stat = files.fstat(fd);
  if (head.length <= gen.clues.headBytes || stat.size < gen.size || !sameHead(gen.clues, head)) return undefined;
  if (marks.some((mark) => clueBefore(files, fd, mark.offset) !== mark.clue)) return undefined;
  return cluesOf(stat, head);
}

type Parts = {
  readonly files: Files;
  readonly handles: Handles;
  marks(gen: Gen): readonly Mark[];
  remember(gen: Gen, change: { readonly clues: Clues }): void;
};

export function knownOf(gen: Gen, parts: Parts): Known {
  const marks = parts.marks(gen);
  const empty = gen.clues.headBytes === 0 && marks.every((mark) => mark.offset === 0);
  const clues = grownClues(gen, marks, parts.files, parts.handles);
  if (clues) parts.remember(gen, { clues });
  const { file, firstSeen } = gen.row;
  const size = gen.packed === undefined ? gen.size : 0;
  const held = parts.handles.isOpen(gen);
  return { file, clues: gen.clues, marks, held, ended: gen.ended, empty, size, firstSeen };
}
