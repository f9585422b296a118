/** Who may see the HTTP page: whoever has the token, in a header, a cookie, or once in the address. Pure. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { isLoopback } from './listen.ts';

/** What is looked at of a request. `query`: the `token` of its address. */
export type Asking = {
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  readonly host: string | undefined;
  readonly query: string | null;
};

/** `enter`: the token came in the address, and goes on as this cookie. */
type Admission = { readonly may: 'see' | 'enter' | 'ask' | 'not'; readonly cookie?: string };

const COOKIE = 'tailship';

export type Guard = {
  admit(asking: Asking): Admission;
  /** The cookie for whoever brought this token; undefined where it is not the right one. */
  cookieFor(token: string): string | undefined;
};

/** `host`: where the page listens. */
export function createGuard(token: string | undefined, host: string): Guard {
  const pass = token === undefined ? undefined : createHmac('sha256', token).update('tailship page').digest('hex');
  const cookieFor = (given: string) =>
    token !== undefined && same(given, token) ? `${COOKIE}=${pass}; HttpOnly; SameSite=Strict; Path=/` : undefined;
  return {
    cookieFor,
    admit({ authorization, cookie, host: asked, query }) {
      // Without a token, a page of another site must not get in by a name of its own that leads to this machine.
      if (token === undefined || pass === undefined)
        return { may: !isLoopback(host) || isLocal(asked) ? 'see' : 'not' };
      const bearer = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
      if (bearer !== undefined && same(bearer, token)) return { may: 'see' };
      const kept = /(?:^|;\s*)tailship=([0-9a-f]+)/.exec(cookie ?? '')?.[1];
      if (kept !== undefined && same(kept, pass)) return { may: 'see' };
      const made = query === null ? undefined : cookieFor(query);
      return made === undefined ? { may: 'ask' } : { may: 'enter', cookie: made };
    },
  };
}

/** In a time that does not tell how much of it is right. */
function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Whether a Host header names this machine by its address or as localhost. */
function isLocal(header: string | undefined): boolean {
  const host = (header ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return host === 'localhost' || host.endsWith('.localhost') || isIP(host) !== 0;
}
