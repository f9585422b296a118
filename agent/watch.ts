/** The composition behind `tailship status --watch`: one answer after the other, and what is shown where none can be had. */
import { realClock } from './ops/clock.ts';
import { type Look, paint, WIDEST } from './ops/paint.ts';
import { drawScreen, type Picture, type Size } from './ops/screen.ts';
import { type Answer, askStatus, type StatusParts } from './status.ts';
import { formatDuration } from './wire/units.ts';
import { wordsOf } from './wire/words.ts';

/** What is known at one moment. */
export type Sight = {
  readonly running: boolean;
  /** The answer; undefined where none could be had. */
  readonly json: Answer['json'] | undefined;
  /** In a few sentences. */
  readonly brief: readonly string[];
  /** Another word whenever something happened that is not only a number. */
  readonly gist: string;
  /** The whole screen of a terminal, from line `top` of the text on. */
  draw(top: number, size: Size, colour: boolean): Picture;
};

/** Looks anew at each call. Once an answer was had it does not throw: what goes wrong is shown above the last answer. */
export function createWatch(parts: StatusParts): () => Promise<Sight> {
  let last: { readonly answer: Answer; readonly at: number } | undefined;
  return async () => {
    try {
      const answer = await askStatus(parts);
      last = { answer, at: realClock.ticks() };
      return sightOf(answer);
    } catch (problem) {
      if (!last) throw problem;
      const sentence = wordsOf(problem);
      return blind(sentence, last.answer, realClock.ticks() - last.at);
    }
  };
}

const lookFor = ({ columns }: Size, colour: boolean): Look => ({ wide: Math.min(columns, WIDEST), colour });

function sightOf({ running, json, text, brief }: Answer): Sight {
  const states = 'agent' in json ? [json.health.state, ...json.destinations.map(({ state }) => state)] : [running];
  return {
    ...{ running, json, brief, gist: states.join(' ') },
    draw(top, size, colour) {
      const look = lookFor(size, colour);
      return drawScreen(text(look), top, size, look);
    },
  };
}

function blind(sentence: string, last: Answer, age: number): Sight {
  return {
    ...{ running: last.running, json: undefined, brief: [`Status: not to be had: ${sentence}`], gist: sentence },
    draw(top, size, colour) {
      const look = lookFor(size, colour);
      const head = paint(look, 'ill', `No answer: ${sentence}`);
      const text = `${head}\nWhat follows is ${formatDuration(age)} old.\n\n${last.text(look)}`;
      return drawScreen(text, top, size, look);
    },
  };
}
