/**
 * The sieve as a module of WebAssembly, put together here instruction by instruction: sixteen bytes are looked at in one step, which
 * JavaScript cannot do. The numbers are those of the WebAssembly Core Specification, chapter 5 (Binary Format).
 *
 * The module has a memory with CAPACITY bytes to look through, behind them the marks, and one function:
 *
 *     sift(length): writes for each LF, and once more for the end, where it stands, and where the first byte since the last one stands
 *     that needs an escape (NONE where none does). Up to the next multiple of sixteen no LF may follow.
 */

/** Bytes that can be looked through at once. */
export const CAPACITY = 512 * 1024;
/** Behind every byte, and still a small integer to V8. */
export const NONE = 2 ** 30;

const PAGE = 64 * 1024;
const STEP = 16;
/** Two numbers. */
const MARK = 8;
const [LF, BLANK, QUOTE, BACKSLASH, DEL] = [0x0a, 0x20, 0x22, 0x5c, 0x7f];

type Code = readonly number[];

/** A number that is not negative, in LEB128; where it counts as `signed` its second highest bit must stay free. */
function leb(value: number, signed = false): Code {
  if (value < (signed ? 0x40 : 0x80)) return [value];
  return [(value & 0x7f) | 0x80, ...leb(value >> 7, signed)];
}

const list = (...items: readonly Code[]): Code => [...leb(items.length), ...items.flat()];
const sized = (content: Code): Code => [...leb(content.length), ...content];
const section = (id: number, ...items: readonly Code[]): Code => [id, ...sized(list(...items))];
const name = (text: string): Code => sized([...Buffer.from(text)]);

// Instructions, behind what they work on. Numbers are of type i32, sixteen bytes together of type v128.
const [I32, V128, FUNCTION, NOTHING] = [0x7f, 0x7b, 0x60, 0x40];
const one =
  (...opcode: Code) =>
  (value: Code): Code => [...value, ...opcode];
const two =
  (...opcode: Code) =>
  (left: Code, right: Code): Code => [...left, ...right, ...opcode];
const number = (value: number): Code => [0x41, ...leb(value, true)];
const get = (local: number): Code => [0x20, local];
const set = (local: number, value: Code): Code => [...value, 0x21, local];
const store = (at: Code, offset: number, value: Code): Code => [...at, ...value, 0x36, 2, offset];
const equal = two(0x46);
const less = two(0x49);
const add = two(0x6a);
const subtract = two(0x6b);
const and = two(0x71);
const xor = two(0x73);
/** The number of the lowest bit that is set. */
const lowest = one(0x68);
const load = one(0xfd, 0x00, 0, 0);
const filled = (byte: number): Code => [...number(byte), 0xfd, 0x0f];
const eachEqual = two(0xfd, 0x23);
const eachLess = two(0xfd, 0x26);
const either = two(0xfd, 0x50);
/** Bit n is set where all bits of byte n are. */
const bits = one(0xfd, 0x64);
const when = (condition: Code, ...then: readonly Code[]): Code => [...condition, 0x04, NOTHING, ...then.flat(), 0x0b];
/** Again and again, as long as the condition holds. */
const during = (condition: Code, ...body: readonly Code[]): Code => [
  ...[0x03, NOTHING],
  ...when(condition, ...body, [0x0c, 1]),
  0x0b,
];

// Its parameter, then its variables.
const [length, at, mark, first, lf, special, before, block] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const VARIABLES = list([6, I32], [1, V128]);
const is = (byte: number) => eachEqual(get(block), filled(byte));
/** The lowest bit of `lf` that is set, and all below it. */
const upToLf = xor(get(lf), subtract(get(lf), number(1)));
/** Notes where the first of these bytes stands, unless one has been noted. */
const note = (bytes: number): Code =>
  when(get(bytes), when(equal(get(first), number(NONE)), set(first, add(get(at), lowest(get(bytes))))));
const write = (end: Code): Code => [...store(get(mark), 0, end), ...store(get(mark), 4, get(first))];

const SIFT: readonly Code[] = [
  set(mark, number(CAPACITY)),
  set(first, number(NONE)),
  during(
    less(get(at), get(length)),
    set(block, load(get(at))),
    set(special, bits(either(either(eachLess(get(block), filled(BLANK)), is(DEL)), either(is(QUOTE), is(BACKSLASH))))),
    when(
      get(special),
      set(lf, bits(is(LF))),
      set(special, xor(get(special), get(lf))),
      during(
        get(lf),
        set(before, and(get(special), upToLf)),
        note(before),
        write(add(get(at), lowest(get(lf)))),
        set(first, number(NONE)),
        set(mark, add(get(mark), number(MARK))),
        set(special, xor(get(special), get(before))),
        set(lf, and(get(lf), subtract(get(lf), number(1)))),
      ),
      note(special),
    ),
    set(at, add(get(at), number(STEP))),
  ),
  write(get(length)),
];

/** The module's bytes. It exports `memory` and `sift`. */
export function sieveModule(): Uint8Array<ArrayBuffer> {
  const pages = Math.ceil((CAPACITY + MARK * (CAPACITY + 1)) / PAGE);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [FUNCTION, ...list([I32]), ...list()]),
    ...section(3, [0]),
    ...section(5, [1, ...leb(pages), ...leb(pages)]),
    ...section(7, [...name('memory'), 2, 0], [...name('sift'), 0, 0]),
    ...section(10, sized([...VARIABLES, ...SIFT.flat(), 0x0b])),
  ]);
}
