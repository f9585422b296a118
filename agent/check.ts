/**
 * The composition behind `tailship check`: looks at all that a run needs, changes nothing, and says what it finds as a good
 * colleague would. Each part of the check is a file of its own and gives findings.
 */
import fs from 'node:fs';
import { checkChunks } from './check-chunk.ts';
import { checkDatagrams } from './check-datagrams.ts';
import { checkInputs } from './check-files.ts';
import { checkOutage } from './check-outage.ts';
import { checkPatterns } from './check-patterns.ts';
import { checkServers, type Net } from './check-servers.ts';
import { checkShared } from './check-shared.ts';
import { checkSpool } from './check-spool.ts';
import { type EffectiveValue, valuesInEffect } from './check-values.ts';
import { ConfigProblems } from './config.ts';
import { withTlsFiles } from './config-tls.ts';
import { type Finding, fine, type Placed } from './findings.ts';
import { realClock } from './ops/clock.ts';
import { findConfig, type Loaded, loadConfig } from './sections.ts';

export type Checked = {
  readonly findings: readonly Finding[];
  /** Every key in effect, in the order of the manual; none where the configuration is wrong. Secrets are left out. */
  readonly values: readonly EffectiveValue[];
  /** 0: nothing stands in the way of a run; 1: files, spool or servers do; 2: the configuration does. */
  readonly code: 0 | 1 | 2;
};

export type CheckParts = {
  /** What -c named. */
  readonly file: string | undefined;
  /** Also reach for the servers. */
  readonly connect: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** The longest outage that is to be survived, ms. */
  readonly outage: number;
  /** logrotate's configuration, in which the host's rotation is looked up. */
  readonly logrotate: string;
  /** Names and connections; the real ones when left out. */
  readonly net?: Net;
};

/** Checks everything. It does not throw: what goes wrong is a finding. */
export async function check(parts: CheckParts): Promise<Checked> {
  let loaded: Loaded;
  try {
    loaded = loadConfig(parts);
    withTlsFiles(loaded, parts.file);
  } catch (problem) {
    const file = parts.file ?? findConfig(parts.cwd, fs.existsSync);
    if (problem instanceof ConfigProblems) return { findings: fromProblems(file, problem), values: [], code: 2 };
    throw problem;
  }
  const { outage, logrotate } = parts;
  const lasting = checkOutage(loaded, { outage, logrotate, now: realClock.now() });
  const servers = parts.connect ? await checkServers(loaded, parts.net) : [];
  const findings = [
    ...under('Configuration', [...aboutConfig(loaded), ...checkPatterns(loaded)]),
    ...under('Files', [...checkInputs(loaded), ...checkShared(loaded)]),
    ...under('Rotation', lasting.rotation),
    ...under('Spool', [...checkSpool(loaded), ...lasting.spool]),
    ...under('Servers', [...checkChunks(loaded), ...(await checkDatagrams(loaded)), ...servers]),
  ];
  const code = findings.some(({ level }) => level === 'error') ? 1 : 0;
  return { findings, values: valuesInEffect(loaded), code };
}

function under(topic: Finding['topic'], said: readonly Placed[]): Finding[] {
  return said.map((one) => ({ topic, ...one }));
}

function fromProblems(file: string | undefined, { problems }: ConfigProblems): Finding[] {
  return problems.map(({ line, code, sentence }) => ({
    topic: 'Configuration',
    level: 'error',
    code,
    what: sentence,
    where: line === undefined ? undefined : `${file}:${line}`,
    cure: undefined,
  }));
}

function aboutConfig({ config }: Loaded): Placed[] {
  const inputs = count(config.inputs.length, 'input');
  const destinations = count(config.destinations.length, 'destination');
  const what =
    config.source === undefined
      ? `There is no configuration file, so the defaults hold: ${inputs}, ${destinations}.`
      : `The configuration ${config.source} is right: ${inputs}, ${destinations}.`;
  return [{ ...fine(what), where: undefined }];
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
