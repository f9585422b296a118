/**
 * What a generation is known by, gathered for `rotation.ts` to decide on.
 */
import { HEAD_BYTES } from '../wire/clue.ts';
import type { Files, Stat } from './files.ts';
import { CLUE_OF_NULS, clueBefore, readHead, sameHead } from './fingerprint.ts';
import type { Gen, Handles } from './generation.ts';
import type { Known, Mark } from './rotation.ts';

/** The head with what was written since the last look; by it the file is known in an archive or a copy. Undefined where there is no more. */
function grownHead(gen: Gen, marks: readonly Mark[], files: Files, handles: Handles): Seen | undefined {
  if (!handles.isOpen(gen) || gen.packed !== undefined || gen.clues.headBytes >= HEAD_BYTES) return undefined;
  const fd = handles.fd(gen);
  const head = readHead(files, fd, false);
  const stat = files.fstat(fd);
  if (head.length <= gen.clues.headBytes || stat.size < gen.size || !sameHead(gen.clues, head)) return undefined;
  if (marks.some((mark) => clueBefore(files, fd, mark.offset) !== mark.clue)) return undefined;
  return { stat, head };
}

/** Where a file without a head ends now, which is all that it can be known by until it is read; undefined where that proves nothing. */
export function earlyEnd(gen: Gen, files: Files, handles: Handles): Mark | undefined {
  if (gen.clues.headBytes > 0 || gen.size === 0 || gen.packed !== undefined || !handles.isOpen(gen)) return undefined;
  const clue = clueBefore(files, handles.fd(gen), gen.size);
  // Space that was set aside is filled later.
  return clue === undefined || clue === CLUE_OF_NULS ? undefined : { offset: gen.size, clue };
}

type Seen = { readonly stat: Stat; readonly head: Uint8Array };

type Parts = {
  readonly files: Files;
  readonly handles: Handles;
  marks(gen: Gen): readonly Mark[];
  learn(gen: Gen, stat: Stat, head: Uint8Array): void;
};

export function knownOf(gen: Gen, parts: Parts): Known {
  const read = parts.marks(gen);
  const headless = gen.clues.headBytes === 0 && read.every((mark) => mark.offset === 0);
  const marks = headless && gen.end ? [...read, gen.end] : read;
  const empty = headless && !gen.end;
  const grown = grownHead(gen, marks, parts.files, parts.handles);
  if (grown) parts.learn(gen, grown.stat, grown.head);
  const { file, firstSeen } = gen.row;
  const size = gen.packed === undefined ? gen.size : 0;
  const held = parts.handles.isOpen(gen);
  const wasLive = gen.place === 'live' || gen.path === gen.row.chain;
  return {
    file,
    clues: gen.clues,
    start: gen.start,
    end: gen.end,
    marks,
    held,
    wasLive,
    ended: gen.ended,
    empty,
    size,
    firstSeen,
  };
}
