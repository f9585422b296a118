import type { Log } from '../../agent/types.ts';
import type { Code } from '../../agent/wire/codes.ts';

/** A log that hands on what it is told. `code` is that of a warning or an error. */
export function toldLog(say: (level: 'debug' | keyof Log['answer'], sentence: string, code?: Code) => void): Log {
  const answer: Log['answer'] = {
    info: (sentence) => say('info', sentence),
    warn: (code, sentence) => say('warn', sentence, code),
    error: (code, sentence) => say('error', sentence, code),
  };
  return { ...answer, debug: (sentence) => say('debug', sentence), answer };
}
