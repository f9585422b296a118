/**
 * The HTTP server of `[status] listen`: metrics, health, and what else is handed in. It never ends the agent: where it cannot
 * listen it says so and tries again.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, Log } from '../types.ts';
import { wordsOf } from '../wire/words.ts';
import { type Asking, createGuard, type Guard } from './access.ts';
import { type ListenAt, urlOf } from './listen.ts';
import { METRICS_TYPE, renderMetrics } from './metrics.ts';
import type { Health, Status } from './status.ts';

/** Time until a port that is taken is tried again, ms. */
const AGAIN = 10_000;
const MOST_CONNECTIONS = 64;
/** A login form is small, bytes. */
const LARGEST_FORM = 4096;

/** What else there is, by path: answers a GET of somebody who may see it. */
export type Pages = Readonly<Record<string, (asked: IncomingMessage, response: ServerResponse) => void>>;

export type HttpParts = {
  readonly listen: ListenAt;
  readonly token: string | undefined;
  readonly log: Log;
  readonly clock: Clock;
  readonly status: () => Status;
  readonly pages: Pages;
};

export type Http = {
  /** Where it listens now; undefined while it does not. */
  url(): string | undefined;
  close(): Promise<void>;
};

/** Nothing from elsewhere, nothing inline, in no frame. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

const LOGIN = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>tailship</title><h1>tailship</h1><p>This page asks for the token of <code>[status] token</code>.</p>
<form method="post" action="/login"><label>Token <input type="password" name="token" autofocus></label> <button>Open</button></form></html>
`;

export function openHttp(parts: HttpParts): Http {
  const { listen, log, clock } = parts;
  const guard = createGuard(parts.token, listen.host);
  let server: Server | undefined;
  let cancel: (() => void) | undefined;
  let closed = false;

  function begin(): void {
    const fresh = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (asked, response) => {
      answer(parts, guard, asked, response).catch((problem: unknown) => {
        const words = wordsOf(problem);
        if (response.headersSent) response.destroy();
        else send(response, 500, `${words}\n`);
      });
    });
    fresh.maxConnections = MOST_CONNECTIONS;
    fresh.on('error', (problem) => {
      log.warn('no-http', `No HTTP page at ${urlOf(listen)}: ${problem.message}. The agent goes on, and tries again.`);
      server = undefined;
      if (!closed) cancel = clock.after(AGAIN, begin);
    });
    fresh.listen(listen.port, listen.host, () => {
      const { port } = fresh.address() as AddressInfo;
      log.info(`The page, /metrics, /healthz and /readyz are at ${urlOf({ host: listen.host, port })}`);
    });
    server = fresh;
  }

  begin();
  return {
    url() {
      const at = server?.address() as AddressInfo | null | undefined;
      return at ? urlOf({ host: listen.host, port: at.port }) : undefined;
    },
    close() {
      closed = true;
      cancel?.();
      return new Promise((resolve) => {
        if (!server?.listening) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function send(response: ServerResponse, code: number, text: string, headers: Record<string, string> = {}): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8', ...HEADERS, ...headers }).end(text);
}

async function answer(parts: HttpParts, guard: Guard, asked: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(asked.url ?? '/', 'http://agent');
  const { may, cookie } = guard.admit(askingOf(asked, searchParams.get('token')));
  if (may === 'not') return send(response, 421, 'Ask for localhost, or set a token.\n');
  if (pathname === '/login' && asked.method === 'POST') return login(guard, asked, response);
  if (asked.method !== 'GET' && asked.method !== 'HEAD') return send(response, 405, 'Only GET is answered here.\n');
  if (pathname === '/healthz') return send(response, 200, 'alive\n');
  if (pathname === '/readyz') return ready(healthNow(parts.status), may === 'see', response);
  if (may === 'enter') return send(response, 303, '', { location: pathname, 'set-cookie': cookie! });
  if (may === 'ask') {
    const form = (asked.headers.accept ?? '').includes('text/html');
    const type = form ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8';
    const headers = { 'www-authenticate': 'Bearer', 'content-type': type };
    return send(response, 401, form ? LOGIN : 'A token is asked for: Authorization: Bearer TOKEN\n', headers);
  }
  if (pathname === '/metrics')
    return send(response, 200, await renderMetrics(parts.status()), { 'content-type': METRICS_TYPE });
  if (pathname === '/status')
    return send(response, 200, JSON.stringify(parts.status()), { 'content-type': 'application/json' });
  const page = Object.hasOwn(parts.pages, pathname) ? parts.pages[pathname] : undefined;
  if (!page) return send(response, 404, 'There is /, /metrics, /healthz, /readyz and /status.\n');
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  page(asked, response);
}

function askingOf({ headers }: IncomingMessage, query: string | null): Asking {
  return { authorization: headers.authorization, cookie: headers.cookie, host: headers.host, query };
}

async function login(guard: Guard, asked: IncomingMessage, response: ServerResponse): Promise<void> {
  let form = '';
  for await (const part of asked.setEncoding('utf8')) {
    form += part;
    if (form.length > LARGEST_FORM) return send(response, 413, 'The form is too long.\n');
  }
  const cookie = guard.cookieFor(new URLSearchParams(form).get('token') ?? '');
  if (cookie === undefined) send(response, 401, LOGIN, { 'content-type': 'text/html; charset=utf-8' });
  else send(response, 303, '', { location: '/', 'set-cookie': cookie });
}

/** A state that cannot be read is no health. */
function healthNow(status: () => Status): Health {
  try {
    return status().health;
  } catch (problem) {
    return { state: 'unhealthy', reasons: [wordsOf(problem)] };
  }
}

/** 200 as long as lines move or none wait; the reasons name hosts and files, so they are for those who may see them. */
function ready({ state, reasons }: Health, may: boolean, response: ServerResponse): void {
  const lines = may ? [state, ...reasons] : [state];
  send(response, state === 'unhealthy' ? 503 : 200, `${lines.join('\n')}\n`);
}
