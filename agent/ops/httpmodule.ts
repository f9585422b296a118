/**
 * Of node:http what is needed. An `import` of the module looks at each of its exports, and one of them loads a whole HTTP client
 * with WebAssembly, which costs memory and some ms of the start.
 */
import process from 'node:process';

export const { createServer, request } = process.getBuiltinModule('node:http');
