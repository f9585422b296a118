import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';

/** A temporary folder, and all that lives in it. */
export type Scene = {
  readonly dir: string;
  /** A path inside the folder. */
  at(name: string): string;
  /** Runs at the end, newest first, before the folder is removed. */
  atEnd(stop: () => void | Promise<void>): void;
  /** Stops all and removes the folder. */
  end(): Promise<void>;
};

export function createScene(): Scene {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-'));
  const stops: (() => void | Promise<void>)[] = [];
  return {
    dir,
    at: (name) => path.join(dir, name),
    atEnd: (stop) => stops.push(stop),
    async end() {
      for (const stop of stops.reverse()) await stop();
      fs.rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** A scene that ends with the test. */
export function scene(t: TestContext): Scene {
  const made = createScene();
  t.after(made.end);
  return made;
}

/** A folder that is gone when the test has ended. */
export function temporaryFolder(t: TestContext): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  return folder;
}
