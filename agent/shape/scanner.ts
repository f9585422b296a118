/**
 * A pattern as a scanner of bytes: what runs for most lines in the place of the regular expression, without making a string.
 *
 * It goes the way that the expression would try first: spans take all they can, branches are tried in order. Where that way leads
 * to the end it is the match. Where it does not, the scanner gives up and the expression itself has the word. So a scanner is
 * never wrong, only sometimes of no use.
 *
 * It is made from the expression's syntax tree, as a function of JavaScript in whose text nothing of the expression stands, only
 * numbers. Expressions with lookaround, back-references, word boundaries, lazy or nested repetition have none.
 */
import { type AST, RegExpParser } from '@eslint-community/regexpp';
import { type ByteSet, byteOf, bytesTakenBy, isVague, meets, union } from './byteset.ts';

export type Scanner = {
  /** Tries the bytes from `from` up to `to`, valid UTF-8. True: they match, and `bounds` says how. False: ask the expression. */
  readonly scan: (bytes: Uint8Array, from: number, to: number) => boolean;
  /**
   * Group n took the bytes from `bounds[2n]` up to `bounds[2n + 1]`; both are -1 where it took no part, and of group 0 always. Good until
   * the next scan.
   */
  readonly bounds: Int32Array;
};

/**
 * The scanner of an expression that compiles; undefined where it has none. Flags other than `s` have none either. Of the groups in one
 * list of `same`, of which one at most takes part, the first stands for all.
 */
export function createScanner(
  { source, flags }: Pick<RegExp, 'source' | 'flags'>,
  same: Iterable<readonly number[]> = [],
): Scanner | undefined {
  if (flags !== 's') return undefined;
  const code = createCode([...same]);
  try {
    const tree = new RegExpParser({ ecmaVersion: 2025 }).parsePattern(source, 0, source.length);
    return code.compile(whole(tree, code));
  } catch (problem) {
    // V8 may know syntax that the parser does not.
    if (problem instanceof NoScanner || problem instanceof SyntaxError) return undefined;
    throw problem;
  }
}

/** A piece of the expression as code. */
type Part = {
  /** Moves `i` behind what the piece takes, or runs `fail` where it surely cannot match. */
  readonly code: (fail: string) => string;
  /** The bytes that it can begin with; undefined where it can also take nothing. */
  readonly first: ByteSet | undefined;
  /** How many ways through it there are: one, those of a span over this set, or any number. */
  readonly ways: 'one' | 'many' | ByteSet;
};

/** So many bytes of one set are looked at one by one, without a loop. */
const FEW = 4;

class NoScanner extends Error {}

const LF = 0x0a;
/** The way that was tried failed, and another one may not. */
const GIVE_UP = 'return false;';

type Code = ReturnType<typeof createCode>;

function createCode(same: readonly (readonly number[])[]) {
  const sets: ByteSet[] = [];
  let labels = 0;
  let groups = 0;
  /** What forgets each group that may take no part. */
  const forgetting = new Set<string>();
  const bound = (group: number) => 2 * (same.find((numbers) => numbers.includes(group))?.[0] ?? group);
  return {
    label: () => `l${labels++}`,
    group: () => ++groups,
    groups: () => groups,
    bound,
    /** Forgets what the groups from `from` to `to` have noted, which may take no part. */
    unset(from: number, to: number): string {
      let forget = '';
      for (let group = from; group <= to; group += 1) {
        const one = `bounds[${bound(group)}] = bounds[${bound(group) + 1}] = -1;`;
        forgetting.add(one);
        forget += one;
      }
      return forget;
    },
    /** Whether the byte at `place` belongs to the set. */
    has(set: ByteSet, place = 'i'): string {
      const only = byteOf(set);
      if (only !== undefined) return `bytes[${place}] === ${only}`;
      if (!sets.includes(set)) sets.push(set);
      return `set${sets.indexOf(set)}[bytes[${place}]] === 1`;
    },
    compile({ code }: Part): Scanner {
      const bounds = new Int32Array(2 * groups + 2).fill(-1);
      const body = `${[...forgetting].join(' ')} let i = from; ${code(GIVE_UP)} return true;`;
      const names = sets.map((_, index) => `set${index}`);
      const make = new Function(...names, 'bounds', `return (bytes, from, end) => { ${body} };`);
      return { scan: make(...sets, bounds), bounds };
    },
  };
}

/** A `^` at the very beginning says where to try, and a line is tried there first anyway. */
function whole({ alternatives }: AST.Pattern, code: Code): Part {
  const [only, ...others] = alternatives;
  if (!only || others.length > 0) throw new NoScanner();
  const [begin, ...elements] = only.elements;
  return inOrder(begin?.type === 'Assertion' && begin.kind === 'start' ? elements : only.elements, code);
}

/** One after the other. Where one fails behind others, that is sure only if no other way through those could have helped. */
function inOrder(elements: readonly AST.Element[], code: Code): Part {
  const parts = elements.map((element) => part(element, code));
  const definite = isDefinite(parts);
  return {
    code: (fail) => parts.map((one, i) => one.code(i === 0 || definite ? fail : GIVE_UP)).join(' '),
    first: parts[0]?.first,
    ways: parts.length === 1 ? parts[0]!.ways : parts.every(({ ways }) => ways === 'one') ? 'one' : 'many',
  };
}

/** Whether each part leaves one way only, or is a span of bytes with none of which the next part can begin. */
function isDefinite(parts: readonly Part[]): boolean {
  return parts.slice(0, -1).every(({ ways }, i) => {
    if (ways === 'one' || ways === 'many') return ways === 'one';
    const next = parts[i + 1]!.first;
    return next !== undefined && !meets(ways, next);
  });
}

/** The first branch that matches. */
function choice(alternatives: readonly AST.Alternative[], code: Code): Part {
  const branches = alternatives.map(({ elements }) => {
    const from = code.groups() + 1;
    return { ...inOrder(elements, code), from, to: code.groups() };
  });
  if (branches.length === 1) return branches[0]!;
  const clears = branches.map(({ from, to }) => code.unset(from, to));
  const firsts = branches.flatMap(({ first }) => first ?? []);
  return {
    code(fail) {
      const [done, start] = [code.label(), code.label()];
      const tries = branches.map((branch, n) => {
        const next = code.label();
        return `${next}: { ${branch.code(`break ${next};`)} break ${done}; } i = ${start}; ${clears[n]}`;
      });
      return `${done}: { const ${start} = i; ${tries.join(' ')} ${fail} }`;
    },
    first: firsts.length === branches.length ? union(firsts) : undefined,
    ways: 'many',
  };
}

function part(element: AST.Element, code: Code): Part {
  switch (element.type) {
    case 'Group':
      if (element.modifiers) throw new NoScanner();
      return choice(element.alternatives, code);
    case 'CapturingGroup':
      return captured(element, code);
    case 'Quantifier':
      return repeated(element, code);
    case 'Character':
    case 'CharacterClass':
    case 'CharacterSet':
      return span(element.raw, 1, 1, code);
    case 'Assertion':
      if (element.kind !== 'end') throw new NoScanner();
      return { code: (fail) => `if (i !== end) ${fail}`, first: undefined, ways: 'one' };
    default:
      throw new NoScanner();
  }
}

function captured({ alternatives }: AST.CapturingGroup, code: Code): Part {
  const number = code.group();
  const inner = choice(alternatives, code);
  const start = code.label();
  const note = `bounds[${code.bound(number)}] = ${start}; bounds[${code.bound(number) + 1}] = i;`;
  return { ...inner, code: (fail) => `const ${start} = i; ${inner.code(fail)} ${note}` };
}

function repeated({ element, min, max, greedy }: AST.Quantifier, code: Code): Part {
  if (!greedy) throw new NoScanner();
  if (element.type === 'Character' || element.type === 'CharacterClass' || element.type === 'CharacterSet')
    return span(element.raw, min, max, code);
  // Only what is there once or not at all; and where it takes nothing it counts as not there, so that it must take something.
  if (min !== 0 || max !== 1 || (element.type !== 'Group' && element.type !== 'CapturingGroup')) throw new NoScanner();
  const from = code.groups() + 1;
  const inner = part(element, code);
  if (!inner.first) throw new NoScanner();
  const clear = code.unset(from, code.groups());
  return {
    code() {
      const [done, next, start] = [code.label(), code.label(), code.label()];
      return `${done}: { const ${start} = i; ${next}: { ${inner.code(`break ${next};`)} break ${done}; } i = ${start}; ${clear} }`;
    },
    first: undefined,
    ways: 'many',
  };
}

/** As many bytes of a set as there are, from `min` to `max`. */
function span(raw: string, min: number, max: number, code: Code): Part {
  const endless = max === Number.POSITIVE_INFINITY;
  const set = bytesTakenBy(raw, min > 1 || !endless);
  const ways = min === max ? 'one' : set;
  const first = min > 0 ? set : undefined;
  if (min === 0 && endless && set.every((taken, byte) => taken === 1 || byte === LF))
    return { code: () => 'i = end;', first, ways };
  const vague = isVague(set) ? `if (i < end && bytes[i] > 127) ${GIVE_UP}` : '';
  if (min === max && (min === 1 || (min > 0 && min <= FEW && vague === ''))) {
    const all = Array.from({ length: min }, (_, n) => code.has(set, `i + ${n}`)).join(' && ');
    return { code: (fail) => `${vague} if (i + ${min} <= end && ${all}) i += ${min}; else ${fail}`, first, ways };
  }
  const has = code.has(set);
  const start = code.label();
  const last = endless ? 'end' : `Math.min(end, ${start} + ${max})`;
  const loop = `for (const last = ${last}; i < last && ${has}; ) i += 1; ${vague}`;
  const enough = (fail: string) => (min > 0 ? `if (i - ${start} < ${min}) ${fail}` : '');
  return { code: (fail) => `const ${start} = i; ${loop} ${enough(fail)}`, first, ways };
}
