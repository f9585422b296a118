/** From settings to the Config that the rooms take: what follows from several keys together, and what they contradict. */
import path from 'node:path';
import { find, type Origin, problemAt, type Settings, valuesOf } from './config.ts';
import { sectionText } from './config-names.ts';
import { refuseUnknownProperties } from './config-properties.ts';
import { buildTransform } from './config-transform.ts';
import { didYouMean } from './nearest.ts';
import { isLoopback } from './ops/listen.ts';
import { agentOptions, logOptions, statusOptions } from './ops/options.ts';
import { recordBytes } from './shape/pattern.ts';
import { recordOptions } from './shape/record-options.ts';
import { linkOptions } from './ship/options.ts';
import { spoolOptions } from './store/options.ts';
import { inputOptions } from './tail/options.ts';
import type { Config, DestinationConfig, InputConfig, StatusConfig, TlsConfig, TransformConfig } from './types.ts';
import { isStateFile } from './wire/statefiles.ts';

/** The most that a UDP datagram carries over IPv4: 65,535 bytes less the headers of IP and UDP. */
const DATAGRAM = 65_507;
const DATAGRAM_CHUNK = 1024;
/** rsyslog's default maxMessageSize, beyond which it would cut or forge messages, is 8 KiB and takes so much. */
const STREAM_CHUNK = 8096;

/** What a configuration means depends on where it stands. */
export type Surroundings = {
  /** The file, absolute; undefined when there is none. */
  readonly source: string | undefined;
  readonly cwd: string;
  readonly hostname: string;
  readonly timezone: string;
};

/** The inputs (or destinations) in effect: the unnamed one is undefined, and stands first. */
export function namesInEffect(settings: Settings, kind: 'input' | 'syslog'): readonly (string | undefined)[] {
  const names = namesOf(settings, kind);
  const own = find(settings, kind, undefined, kind === 'input' ? 'path' : 'target');
  return names.length === 0 || own ? [undefined, ...names] : names;
}

/** True where `format = script` brings the script's own pattern with it, because none was set. */
export function takesScriptPattern(settings: Settings, input: string | undefined): boolean {
  const script = namesInEffect(settings, 'syslog').some(
    (name) => valuesOf(settings, recordOptions, 'syslog', name).format === 'script',
  );
  return script && find(settings, 'transform', input, 'pattern') === undefined;
}

/** Adds to the settings' problems what several keys together make wrong; the Config is good only if there are none. */
export function buildConfig(settings: Settings, around: Surroundings): Config {
  refuseStrays(settings);
  const names = namesInEffect(settings, 'syslog');
  const time = Math.min(...names.map((name) => valuesOf(settings, linkOptions, 'syslog', name).time));
  const spool = valuesOf(settings, spoolOptions, 'spool');
  const state = place(around, spool.path, find(settings, 'spool', undefined, 'path')?.origin);
  const inputs = namesInEffect(settings, 'input').map((name) => buildInput(settings, { ...around, state }, name, time));
  refuseSharedPaths(settings, inputs);
  refuseTakenState(settings, inputs, { ...around, state });
  const destinations = names.map((name) => buildDestination(settings, around, name));
  refuseUnknownProperties(settings, inputs, destinations);
  return deepFreeze({
    source: around.source,
    inputs,
    destinations,
    spool: {
      path: state,
      maxSize: spool.max_size,
      maxAge: spool.max_age,
      full: spool.full,
      sync: spool.sync,
    },
    status: buildStatus(settings),
    log: valuesOf(settings, logOptions, 'log'),
    agent: valuesOf(settings, agentOptions, 'agent'),
  });
}

/** What other hosts can reach is open to all of them without a token, so that must have been said. */
function buildStatus(settings: Settings): StatusConfig {
  const { listen, token, health_after } = valuesOf(settings, statusOptions, 'status');
  const written = find(settings, 'status', undefined, 'listen');
  if (listen && written && !isLoopback(listen.host) && !find(settings, 'status', undefined, 'token')) {
    const sentence = `listen = ${written.text} can be reached from other hosts, which would see the newest records. Set a token; or write token = none if they may.`;
    settings.problems.push(problemAt(written.origin, sentence));
  }
  return { listen, token, healthAfter: health_after };
}

type Placed = Surroundings & { readonly state: string };

function buildInput(settings: Settings, around: Placed, name: string | undefined, time: number): InputConfig {
  const own = valuesOf(settings, inputOptions, 'input', name);
  const origin = find(settings, 'input', name, 'path')?.origin;
  const transform = buildTransform(settings, name, {
    timezone: around.timezone,
    script: takesScriptPattern(settings, name),
  });
  return {
    name: name ?? 'input',
    named: name !== undefined,
    paths: [...new Set(own.path.map((file) => place(around, file, origin)))],
    state: around.state,
    start: own.start,
    rotated: own.rotated && place(around, own.rotated, find(settings, 'input', name, 'rotated')?.origin),
    poll: Math.min(own.poll, time),
    watch: own.watch,
    encoding: own.encoding,
    ...sizesOf(own.max_line, transform.pattern),
    closeAfter: own.close_after,
    holdSize: own.hold_size,
    holdAge: own.hold_age,
    transform,
  };
}

/** `max_line` holds for records too, rounded to whole ones. */
function sizesOf(maxLine: number, pattern: TransformConfig['pattern']): Pick<InputConfig, 'maxLine' | 'record'> {
  const record = recordBytes(pattern);
  if (record === undefined) return { maxLine };
  return { maxLine: Math.max(1, Math.floor(maxLine / record)) * record, record };
}

function buildDestination(settings: Settings, around: Surroundings, name: string | undefined): DestinationConfig {
  const record = valuesOf(settings, recordOptions, 'syslog', name);
  const link = valuesOf(settings, linkOptions, 'syslog', name);
  const udp = link.target.some(({ scheme }) => scheme === 'udp');
  const written = find(settings, 'syslog', name, 'chunk');
  if (udp && (record.chunk ?? 0) > DATAGRAM && written) {
    const sentence = `chunk = ${written.text}: a UDP datagram holds ${DATAGRAM} bytes at most. Choose less, or a tcp target.`;
    settings.problems.push(problemAt(written.origin, sentence));
  }
  const chunk = record.chunk ?? (udp ? DATAGRAM_CHUNK : STREAM_CHUNK);
  return {
    name: name ?? 'syslog',
    record: {
      format: record.format,
      chunk: udp && chunk === 0 ? DATAGRAM : chunk,
      json: record.json,
      hostname: record.hostname || around.hostname,
      sdId: record.sd_id,
      mark: record.mark,
      reportLoss: record.report_loss === 'on',
      select: record.select,
      template: record.template,
      recordTemplate: record.record_template,
    },
    link: {
      targets: link.target,
      framing: link.framing,
      linger: link.linger,
      window: link.window,
      timeout: link.timeout,
      balance: link.balance,
      rate: link.rate,
      drainRate: link.drain_rate,
      tls: buildTls(settings, around, name),
    },
  };
}

/** Whether the files are there and good is for whoever is about to use them: `run` and `check`. */
function buildTls(settings: Settings, around: Surroundings, name: string | undefined): TlsConfig {
  const { tls_verify } = valuesOf(settings, linkOptions, 'syslog', name);
  const file = (key: string) => {
    const given = find(settings, 'syslog', name, key);
    return given?.text ? place(around, given.text, given.origin) : undefined;
  };
  const tls = { ca: file('tls_ca'), cert: file('tls_cert'), key: file('tls_key'), verify: tls_verify === 'on' };
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    const [have, lack] = tls.cert === undefined ? ['tls_key', 'tls_cert'] : ['tls_cert', 'tls_key'];
    const sentence = `${have} is of no use without ${lack}: a certificate and its key go together. Set both, or neither.`;
    settings.problems.push(problemAt(find(settings, 'syslog', name, have)!.origin, sentence));
  }
  return tls;
}

/** A relative path in the file counts from the file's folder, one in the environment from the working directory. */
function place(around: Surroundings, file: string, origin: Origin | undefined): string {
  const fromFile = around.source !== undefined && origin?.from === 'file';
  return path.resolve(fromFile ? path.dirname(around.source) : around.cwd, file);
}

/** The names written in `[kind.NAME]`, in the order of the file, then of the environment. */
function namesOf(settings: Settings, kind: string): string[] {
  const places = [...settings.headers, ...settings.given].filter((one) => one.kind === kind);
  return [...new Set(places.flatMap((one) => one.name ?? []))];
}

/** Where a section begins: its line, else the first variable that speaks of it. */
function beginning(settings: Settings, kind: string, name: string | undefined): Origin {
  const header = settings.headers.find((one) => one.kind === kind && one.name === name);
  if (header) return { from: 'file', line: header.line };
  return settings.given.find((one) => one.kind === kind && one.name === name)?.origin ?? { from: 'default' };
}

function refuseStrays(settings: Settings): void {
  const inputs = namesOf(settings, 'input');
  for (const kind of ['transform', 'levels', 'owners', 'fields', 'limit', 'redact']) {
    for (const name of namesOf(settings, kind)) {
      if (inputs.includes(name)) continue;
      const near = didYouMean(name, inputs, (one) => sectionText(kind, one));
      const cure = near || ` Add it, or write [${kind}] for all inputs.`;
      const sentence = `${sectionText(kind, name)} has no ${sectionText('input', name)} that it could belong to.${cure}`;
      settings.problems.push(problemAt(beginning(settings, kind, name), sentence, 'config-section'));
    }
  }
}

function refuseSharedPaths(settings: Settings, inputs: readonly InputConfig[]): void {
  const readers = new Map<string, InputConfig>();
  for (const input of inputs) {
    const name = input.named ? input.name : undefined;
    const own = settings.given.find((one) => one.kind === 'input' && one.name === name && one.key === 'path');
    for (const file of input.paths) {
      const reader = readers.get(file);
      if (!reader) {
        readers.set(file, input);
        continue;
      }
      const other = sectionText('input', reader.named ? reader.name : undefined);
      const sentence = `${sectionText('input', name)} reads ${file}, and ${other} does so already. Give it a path of its own.`;
      settings.problems.push(problemAt(own?.origin ?? beginning(settings, 'input', name), sentence, 'config-twice'));
    }
  }
}

/** A state that is no SQLite file is set aside when it is opened: that must never befall a log, or the configuration. */
function refuseTakenState(settings: Settings, inputs: readonly InputConfig[], { source, state }: Placed): void {
  const reader = inputs.find(({ paths }) => paths.some((file) => isStateFile(state, file)));
  const user = reader ? sectionText('input', reader.named ? reader.name : undefined) : undefined;
  const what = user !== undefined ? `${user} follows it` : state === source ? 'it is this configuration' : undefined;
  if (what === undefined) return;
  const origin = find(settings, 'spool', undefined, 'path')?.origin ?? { from: 'default' };
  const sentence = `[spool] path = ${state}: ${what}. Give the spool a file of its own, such as ${path.join(path.dirname(state), 'spool.db')}.`;
  settings.problems.push(problemAt(origin, sentence));
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
