/** The files of TLS, looked at before anything is begun: one that is absent or wrong is a mistake in the configuration. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { ConfigProblems, problemAt } from './config.ts';
import { sectionText } from './config-names.ts';
import type { Problem } from './config-text.ts';
import type { Loaded } from './sections.ts';
import { readTlsFiles, TlsFileProblem } from './ship/tls-files.ts';
import type { Config } from './types.ts';

/**
 * The configuration with what the files of TLS hold noted, so that a renewed one differs. Throws ConfigProblems where a destination
 * needs TLS and its files are not good. `source`: the file as the operator named it.
 */
export function withTlsFiles({ config, origins }: Loaded, source: string | undefined): Config {
  const problems: Problem[] = [];
  const destinations = config.destinations.map((destination) => {
    const { name, link } = destination;
    if (!link.targets.some(({ scheme }) => scheme === 'tls' || scheme === 'relps')) return destination;
    try {
      const { ca, cert, key } = readTlsFiles(link.tls, fs.readFileSync);
      const digest = createHash('sha256')
        .update(JSON.stringify([ca, cert, key]))
        .digest('hex');
      return { ...destination, link: { ...link, tls: { ...link.tls, digest } } };
    } catch (error) {
      if (!(error instanceof TlsFileProblem)) throw error;
      const section = sectionText('syslog', name === 'syslog' ? undefined : name);
      const { origin } = origins.get(`${section} ${error.key}`)!;
      problems.push(problemAt(origin, `${error.key}: ${error.message}`, 'config-file'));
      return destination;
    }
  });
  if (problems.length > 0) throw new ConfigProblems(source ?? config.source, problems);
  return { ...config, destinations };
}
