/**
 * Records of the agent's own, which stand for no line: how far each generation is dealt with, and what was lost.
 *
 *     [tail@32473 mark="GEN:OFFSET" mark="GEN:OFFSET:SKIP"]
 *     [tail@32473 of="GEN" from="START" lost="BYTES" why="CAUSE"]
 *     [tail@32473 of="GEN" from="START" dropped="BYTES" why="CAUSE"]
 *
 * A mark says that every byte of the generation before OFFSET is dealt with; the SKIP bytes right before it were passed over on
 * purpose since the last record. `of` and `from` are left out where it is not known which generation bytes belonged to.
 * What is `lost` was never read; what is `dropped` was read, and dropped by a stated policy before it was sent.
 */
import type { SdElement } from './rfc5424.ts';

export type Mark = { readonly gen: string; readonly offset: number; readonly skip: number };
export type LossNotice = {
  readonly gen: string | undefined;
  readonly from: number;
  readonly bytes: number;
  readonly why: string;
};
export type DropNotice = LossNotice & { readonly gen: string };
export type Notice = {
  readonly marks: readonly Mark[];
  readonly loss: LossNotice | undefined;
  readonly dropped: DropNotice | undefined;
};

/** Name and value of an SD-PARAM, or of a member of the JSON. */
export type NoticeParam = readonly [name: string, value: string];

export function markParam({ gen, offset, skip }: Mark): NoticeParam {
  return ['mark', `${gen}:${offset}${skip > 0 ? `:${skip}` : ''}`];
}

export function lossParams({ gen, from, bytes, why }: LossNotice): readonly NoticeParam[] {
  const of: readonly NoticeParam[] = gen === undefined ? [] : [['of', gen]];
  return [...of, ['from', String(from)], ['lost', String(bytes)], ['why', why]];
}

export function dropParams({ gen, from, bytes, why }: DropNotice): readonly NoticeParam[] {
  return [
    ['of', gen],
    ['from', String(from)],
    ['dropped', String(bytes)],
    ['why', why],
  ];
}

/** Finds a notice among the elements of a message; the SD-ID does not matter. Gives undefined where there is none; never throws. */
export function readNotice(elements: readonly SdElement[]): Notice | undefined {
  for (const { params } of elements) {
    const value = (name: string) => params.find((param) => param[0] === name)?.[1];
    const marks = params.filter(([name]) => name === 'mark').flatMap(([, text]) => readMark(text) ?? []);
    const [gen, why] = [value('of'), value('why')];
    const notice = (name: string): LossNotice | undefined => {
      const bytes = readNumber(value(name));
      return bytes === undefined || why === undefined
        ? undefined
        : { gen, from: readNumber(value('from')) ?? 0, bytes, why };
    };
    const loss = notice('lost');
    const range = notice('dropped');
    const dropped = range && gen !== undefined ? { ...range, gen } : undefined;
    if (marks.length > 0 || loss || dropped) return { marks, loss, dropped };
  }
  return undefined;
}

function readMark(text: string): Mark | undefined {
  const found = /^([0-9a-z]{1,64}):(\d{1,15})(?::(\d{1,15}))?$/.exec(text);
  return found ? { gen: found[1]!, offset: Number(found[2]), skip: Number(found[3] ?? 0) } : undefined;
}

/** At most 15 digits: every such number is exact. */
function readNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
