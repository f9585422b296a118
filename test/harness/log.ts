import type { Log } from '../../agent/types.ts';
import type { Code } from '../../agent/wire/codes.ts';

/** A log that hands on what it is told. `code` is that of a warning or an error. */
export function toldLog(say: (level: keyof Log, sentence: string, code?: Code) => void): Log {
  return {
    debug: (sentence) => say('debug', sentence),
    info: (sentence) => say('info', sentence),
    warn: (code, sentence) => say('warn', sentence, code),
    error: (code, sentence) => say('error', sentence, code),
  };
}
