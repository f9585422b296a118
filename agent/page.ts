/** The composition behind the page: its files, and the stream of what it shows. Nothing is gathered while nobody looks. */
import fs from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Pages } from './ops/http.ts';
import type { Observer } from './ops/observer.ts';
import type { Status } from './ops/status.ts';
import type { Clock } from './types.ts';
import type { Walk } from './walk.ts';
import { wordsOf } from './wire/words.ts';

/** Time between two events, ms; they are also what keeps a connection alive. */
const EVERY = 1_000;
/** So many pages are served at a time. */
const MOST = 16;
/** So many files of an input are shown: those that are behind come first. */
const MOST_FILES = 40;

const own = (name: string) => path.join(import.meta.dirname, 'ops/web', name);
const uplot = (name: string) => path.join(path.dirname(createRequire(import.meta.url).resolve('uplot')), name);

const ASSETS = {
  '/': { file: own('index.html'), type: 'text/html; charset=utf-8' },
  '/page.css': { file: own('page.css'), type: 'text/css; charset=utf-8' },
  '/page.js': { file: own('page.js'), type: 'text/javascript; charset=utf-8' },
  '/icon.svg': { file: own('icon.svg'), type: 'image/svg+xml' },
  '/uplot.css': { file: uplot('uPlot.min.css'), type: 'text/css; charset=utf-8' },
  '/uplot.js': { file: uplot('uPlot.iife.min.js'), type: 'text/javascript; charset=utf-8' },
} as const;

type PageParts = {
  readonly observer: Pick<Observer, 'status' | 'history'>;
  readonly walks: readonly Walk[];
  readonly clock: Clock;
};

export type Page = {
  readonly pages: Pages;
  /** Ends the streams. */
  close(): void;
};

export function createPage({ observer, walks, clock }: PageParts): Page {
  const open = new Set<ServerResponse>();

  function events(_asked: IncomingMessage, response: ServerResponse): void {
    if (open.size >= MOST) {
      response.writeHead(503, { 'content-type': 'text/plain' }).end('Too many pages are open.\n');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    open.add(response);
    let newest = 0;
    let cancel: (() => void) | undefined;
    const tell = () => {
      // A reader that does not keep up gets the next picture, not all that were missed.
      if (response.writableLength === 0) newest = send(response, newest);
      cancel = clock.after(EVERY, tell);
    };
    response.on('close', () => {
      cancel?.();
      open.delete(response);
    });
    tell();
  }

  /** One picture. Gives the time of the newest point of the history that was sent. */
  function send(response: ServerResponse, newest: number): number {
    try {
      const history = Object.entries(observer.history()).map(
        ([name, points]) => [name, points.filter(({ at }) => at > newest)] as const,
      );
      const picture = { status: shortened(observer.status()), history: Object.fromEntries(history), ...looked(walks) };
      response.write(`data: ${JSON.stringify(picture)}\n\n`);
      return Math.max(newest, ...history.flatMap(([, points]) => points.at(-1)?.at ?? []));
    } catch (problem) {
      const words = wordsOf(problem);
      response.write(`event: trouble\ndata: ${JSON.stringify(words)}\n\n`);
      return newest;
    }
  }

  const files = Object.entries(ASSETS).map(([name, { file, type }]) => {
    const serve: Pages[string] = (_asked, response) => {
      response.writeHead(200, { 'content-type': type }).end(fs.readFileSync(file));
    };
    return [name, serve] as const;
  });
  return {
    pages: { ...Object.fromEntries(files), '/events': events },
    close() {
      for (const response of open) response.end();
    },
  };
}

function looked(walks: readonly Walk[]) {
  return {
    records: walks.map(({ destination, recent }) => ({ destination: destination.name, records: recent.records() })),
    unmatched: (walks[0]?.inputs ?? []).map(({ name, shaping }) => ({ input: name, lines: shaping.samples() })),
  };
}

/** Ten thousand files are no picture. `more` of an input: how many are left out. */
function shortened(status: Status) {
  const destinations = status.destinations.map((destination) => ({
    ...destination,
    inputs: destination.inputs.map((input) => {
      const files = input.files.toSorted((a, b) => b.behind - a.behind).slice(0, MOST_FILES);
      const shown = input.files.filter((file) => files.includes(file));
      return { ...input, files: shown, more: input.files.length - shown.length };
    }),
  }));
  return { ...status, destinations };
}
