/**
 * The control socket: HTTP over a Unix socket beside the spool, for its owner only.
 * `GET /status` gives the Status as JSON, `GET /metrics` the same for Prometheus. What else the agent can be told to do, by
 * POST, is handed in.
 */
import fs from 'node:fs';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import type { Log } from '../types.ts';
import { wordsOf } from '../wire/words.ts';
import { METRICS_TYPE, renderMetrics } from './metrics.ts';
import type { Status } from './status.ts';

/** What a Unix socket's address holds at most, bytes (unix(7): sun_path is 108 with its NUL). */
export const CONTROL_PATH_LIMIT = 107;
/** How long the command line waits for a running agent's answer, ms. */
const PATIENCE = 5_000;
/** How long it waits for something to be done: a GiB of spool takes seconds to drop. In ms. */
const LONG_PATIENCE = 60_000;
/** The largest order that is read, bytes. */
const LARGEST_ORDER = 64 * 1024;

export type Control = { close(): Promise<void> };

/** By path: what a POST there does. Takes the body, gives the answer, and throws an Error with a sentence. */
type Orders = Readonly<Record<string, (body: string) => string | Promise<string>>>;

type ControlParts = {
  readonly path: string;
  readonly log: Log;
  readonly status: () => Status;
  readonly orders?: Orders;
};

/**
 * Opens the control socket at `path`. `status` is called for each question.
 * It never throws: an agent that cannot be asked still ships, so a failure is a warning.
 */
export async function openControl(parts: ControlParts): Promise<Control> {
  const { path, log } = parts;
  const without = 'The agent goes on; `tailship status` then shows only what stands in the state file.';
  const length = Buffer.byteLength(path);
  if (length > CONTROL_PATH_LIMIT) {
    log.warn(
      'control-socket',
      `No control socket: ${path} is ${length} bytes long, and a Unix socket takes ${CONTROL_PATH_LIMIT}. ` +
        `${without} Choose a shorter [spool] path.`,
    );
    return { close: async () => {} };
  }
  const server = createServer(answer(parts.status, parts.orders ?? {}));
  try {
    await listen(server, path);
  } catch (problem) {
    log.warn('control-socket', `No control socket at ${path}: ${wordsOf(problem)}. ${without}`);
    return { close: async () => {} };
  }
  return { close: () => close(server) };
}

function answer(status: () => Status, orders: Orders): RequestListener {
  return async (asked, response) => {
    const send = (code: number, type: string, text: string) =>
      response.writeHead(code, { 'content-type': type, connection: 'close' }).end(text);
    try {
      const order = orders[asked.url ?? ''];
      if (order && asked.method === 'POST') send(200, 'application/json', await order(await bodyOf(asked)));
      else if (order) send(405, 'text/plain', 'Only POST is answered here.\n');
      else if (asked.method !== 'GET') send(405, 'text/plain', 'Only GET is answered here.\n');
      else if (asked.url === '/status') send(200, 'application/json', JSON.stringify(status()));
      else if (asked.url === '/metrics') send(200, METRICS_TYPE, await renderMetrics(status()));
      else send(404, 'text/plain', 'There is /status and /metrics.\n');
    } catch (problem) {
      send(500, 'text/plain', `${wordsOf(problem)}\n`);
    }
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) {
    text += part;
    if (text.length > LARGEST_ORDER) throw new Error('the order is too long');
  }
  return text;
}

/** Listens with mode 0600. A socket file whose holder is dead is replaced. Throws when somebody living answers there. */
async function listen(server: Server, path: string): Promise<void> {
  try {
    await bind(server, path);
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw problem;
    if (await answers(path)) throw new Error('another process answers there');
    fs.unlinkSync(path);
    await bind(server, path);
  }
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // The socket file comes into being inside listen(), so that it never stands there with wider rights.
    const before = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Closes the server, which also removes the socket file. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Said by the errors of `askControl`: what, where and the cure, for the operator. */
export class ControlProblem extends Error {}

/**
 * Asks the agent behind the control socket `path`. Gives the body, or undefined when nobody listens there.
 * Throws ControlProblem when somebody is there and cannot be asked.
 */
export function askControl(path: string, what: '/status' | '/metrics'): Promise<string | undefined> {
  return exchange(path, what, undefined);
}

/** Tells the agent behind the control socket `path` to do `what`. Otherwise as `askControl`. */
export function orderControl(path: string, what: `/${string}`, body: string): Promise<string | undefined> {
  return exchange(path, what, body);
}

function exchange(path: string, what: string, body: string | undefined): Promise<string | undefined> {
  if (Buffer.byteLength(path) > CONTROL_PATH_LIMIT) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const timeout = body === undefined ? PATIENCE : LONG_PATIENCE;
    const method = body === undefined ? 'GET' : 'POST';
    const asked = request({ socketPath: path, path: what, method, timeout }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', (problem) => reject(new ControlProblem(`${path}: ${wordsOf(problem)}.`)));
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        if (response.statusCode === 200) resolve(text);
        else reject(new ControlProblem(`The agent answered ${response.statusCode} at ${path}: ${text.trim()}`));
      });
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${timeout / 1000} s`)));
    asked.on('error', (problem: NodeJS.ErrnoException) => {
      if (problem.code === 'ENOENT' || problem.code === 'ECONNREFUSED' || problem.code === 'ENOTDIR')
        resolve(undefined);
      else reject(new ControlProblem(whyNot(path, problem)));
    });
    asked.end(body);
  });
}

function whyNot(path: string, problem: NodeJS.ErrnoException): string {
  if (problem.code === 'EACCES' || problem.code === 'EPERM') {
    return `${path} may only be used by its owner. Run this as the user of the agent, or as root.`;
  }
  return `The agent behind ${path} cannot be asked: ${wordsOf(problem)}.`;
}
