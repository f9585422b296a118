/**
 * How the agent of a story hears of changes: from the story itself, which tells of them late, twice or never; or from the real file
 * system through the real watcher.
 */
import fs from 'node:fs';
import path from 'node:path';
import { createWatch, type Watch, type WatchParts } from '../../agent/tail/watch.ts';
import { until } from '../harness/wait.ts';

export type StoryEvents = {
  readonly watch: (parts: WatchParts) => Watch;
  /** Tells the agent of a change; undefined where only the file system does. */
  readonly hint?: (file: string, written: boolean) => void;
  /** Waits until the agent was told of all that happened in the folder; undefined where only the story tells of it. */
  readonly arrived?: (folder: string) => Promise<void>;
};

export function toldEvents(): StoryEvents {
  let current: WatchParts | undefined;
  return {
    watch(parts) {
      current = parts;
      return {
        directories() {},
        hears: () => false,
        async close() {
          if (current === parts) current = undefined;
        },
      };
    },
    hint: (file, written) => current?.hint(file, written),
  };
}

export function realEvents(): StoryEvents {
  let heard: string[] = [];
  let count = 0;
  return {
    watch: (parts) =>
      createWatch({
        ...parts,
        hint(file, written) {
          heard.push(file);
          parts.hint(file, written);
        },
      }),
    // The system tells of changes in their order: what happened before the probe was told of before it.
    async arrived(folder) {
      const probe = path.join(folder, `probe-${count++}`);
      await until('the watcher tells of a new file', () => {
        if (heard.includes(probe)) return true;
        fs.writeFileSync(probe, '');
        fs.unlinkSync(probe);
        return heard.includes(probe);
      });
      heard = [];
    },
  };
}
