/** The real file system, but for one thing. */
import { type Files, realFiles, type Stat } from '../../agent/tail/files.ts';

type Look = (file: string) => Stat | undefined;

/** Of each name it says what `saw` makes of a look at it, whether that follows links or not. */
export const lookedAt = (saw: (look: Look, file: string) => Stat | undefined): Files => ({
  ...realFiles,
  stat: (file) => saw(realFiles.stat, file),
  lstat: (file) => saw(realFiles.lstat, file),
});

/** Of each file it tells what `told` makes of the truth. */
export function telling(told: (stat: Stat) => Stat): Files {
  const files = lookedAt((look, file) => {
    const stat = look(file);
    return stat && told(stat);
  });
  return { ...files, fstat: (fd) => told(realFiles.fstat(fd)) };
}

/** Right after the next answer to `call` about a path that `isPlace` knows something happens: once each time that it is planned. */
export function interruptedAfter(
  call: 'stat' | 'list',
  isPlace: (file: string) => boolean,
): { readonly files: Files; plan(what: () => void): void } {
  let planned: (() => void) | undefined;
  function interrupt<T>(file: string, answer: T): T {
    if (!isPlace(file)) return answer;
    const what = planned;
    planned = undefined;
    what?.();
    return answer;
  }
  const listing = {
    ...realFiles,
    list: (directory: string, plain?: Set<string>) => interrupt(directory, realFiles.list(directory, plain)),
  };
  return {
    files: call === 'list' ? listing : lookedAt((look, file) => interrupt(file, look(file))),
    plan(what) {
      planned = what;
    },
  };
}

/** `open`: the descriptors that are open. `ask` is called before a file is opened or a directory listed, and may throw. */
export function counted(open: Set<number>, ask: () => void = () => {}): Files {
  return {
    ...realFiles,
    open(file) {
      ask();
      const fd = realFiles.open(file);
      open.add(fd);
      return fd;
    },
    close(fd) {
      open.delete(fd);
      realFiles.close(fd);
    },
    list(directory, plain) {
      ask();
      return realFiles.list(directory, plain);
    },
  };
}
