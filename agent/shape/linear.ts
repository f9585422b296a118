/** Asks V8 which expressions it can run in time that grows only as the line does. */
import v8 from 'node:v8';

/**
 * Whether V8's linear-time engine can take over an expression that backtracks too much. It cannot for lookaround,
 * back-references, the flags i, u, v and d, and larger counted repetition. Throws a SyntaxError where this is no expression.
 */
export function isLinear(source: string, flags: string): boolean {
  new RegExp(source, flags);
  v8.setFlagsFromString('--enable-experimental-regexp-engine');
  try {
    new RegExp(source, `${flags}l`);
    return true;
  } catch {
    return false;
  } finally {
    v8.setFlagsFromString('--no-enable-experimental-regexp-engine');
  }
}
