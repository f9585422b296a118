/** The files of TLS, looked at before anything is begun: one that is absent or wrong is a mistake in the configuration. */
import fs from 'node:fs';
import { ConfigProblems, problemAt } from './config.ts';
import { sectionText } from './config-names.ts';
import type { Problem } from './config-text.ts';
import type { Loaded } from './sections.ts';
import { readTlsFiles, TlsFileProblem } from './ship/tls-files.ts';

/** Throws ConfigProblems where a destination needs TLS and its files are not good. `source`: the file as the operator named it. */
export function refuseTlsFiles({ config, origins }: Loaded, source: string | undefined): void {
  const problems: Problem[] = [];
  for (const { name, link } of config.destinations) {
    if (!link.targets.some(({ scheme }) => scheme === 'tls' || scheme === 'relps')) continue;
    try {
      readTlsFiles(link.tls, fs.readFileSync);
    } catch (error) {
      if (!(error instanceof TlsFileProblem)) throw error;
      const section = sectionText('syslog', name === 'syslog' ? undefined : name);
      const { origin } = origins.get(`${section} ${error.key}`)!;
      problems.push(problemAt(origin, `${error.key}: ${error.message}`, 'config-file'));
    }
  }
  if (problems.length > 0) throw new ConfigProblems(source ?? config.source, problems);
}
