/**
 * The configuration as config.ts gives it and the rooms take it, frozen. Types only. Rooms import them from `types.ts`, which hands
 * them on. Units as there: bytes, and milliseconds.
 */

export type InputConfig = {
  readonly name: string;
  /** False for the unnamed `[input]`, whose records take APP-NAME from the file's name instead. */
  readonly named: boolean;
  readonly paths: readonly string[];
  /** The agent's own state: no glob means it, nor what stands beside it. */
  readonly state: string;
  readonly start: 'beginning' | 'end' | 'oldest';
  readonly rotated: string | undefined;
  readonly poll: number;
  readonly watch: 'auto' | 'poll';
  readonly encoding: string;
  readonly maxLine: number;
  /** Bytes of a record, where the file holds binary records instead of lines; `maxLine` is then a multiple of it. */
  readonly record?: number | undefined;
  readonly closeAfter: number;
  readonly holdSize: number;
  readonly holdAge: number;
  readonly transform: TransformConfig;
};

export type TransformConfig = {
  /** A built-in name, or a regular expression's source. */
  readonly pattern: { readonly builtin: string } | { readonly regex: string };
  readonly unmatched: 'ship' | 'drop' | 'join';
  /** IANA zone in which the time group is written; `local`: the host's. */
  readonly timezone: string;
  /** Upper-cased level word -> severity number. */
  readonly levels: ReadonlyMap<string, number>;
  /** Owner -> facility and severity; undefined leaves that half as it is. `*` is the owner of last resort. */
  readonly owners: ReadonlyMap<string, PriorityRule>;
  readonly redact: RedactConfig;
  /** In the order in which they are tried. */
  readonly limits: readonly LimitRule[];
  /** Members that are added to every record's JSON, by their keys. */
  readonly fields: ReadonlyMap<string, Template>;
};
/** The most records of an owner (`*`: of each) and a severity (undefined: of each) that go out. */
export type LimitRule = {
  /** As written. */
  readonly name: string;
  readonly owner: string;
  readonly severity: number | undefined;
  /** So many in `span` ms; without a span one of so many. */
  readonly most: number;
  readonly span: number | undefined;
};

/** `ready`: the built-in expression of that name; `off`: none. */
export type RedactRule = 'ready' | 'off' | { readonly regex: string };

export type RedactConfig = {
  readonly rules: ReadonlyMap<string, RedactRule>;
  /** Secrets become `***` and a hash made with this key; undefined: `***` alone. */
  readonly hashKey: string | undefined;
};

export type PriorityRule = { readonly facility: number | undefined; readonly severity: number | undefined };

/** What a selector chooses, by facility number: the bit `1 << severity` stands for that priority. */
export type Selection = readonly number[];

/** A text with properties in it. */
export type Template = readonly (string | TemplateProperty)[];
export type TemplateOption = 'uppercase' | 'lowercase' | 'json' | 'csv' | 'date-rfc3164';
/** One `%name:from:to:options%`: the name in lower case, characters from index `from` up to `to`. */
export type TemplateProperty = {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly options: readonly TemplateOption[];
};

/** The half of `[syslog]` that says how a record looks; it belongs to shape. */
export type RecordConfig = {
  readonly format: 'rfc5424' | 'rfc3164' | 'script';
  /** Largest message in bytes, header included; 0 = no limit. */
  readonly chunk: number;
  readonly json: 'own' | 'all' | readonly string[];
  readonly hostname: string;
  /** SD-ID of the identity element, e.g. tail@32473. */
  readonly sdId: string;
  /** How often a record names each open generation and its committed byte, ms; undefined: never. */
  readonly mark: number | undefined;
  /** Whether bytes known to be lost are told in-band too. */
  readonly reportLoss: boolean;
  readonly select: Selection;
  /** What stands in place of the JSON, and in place of the whole record; undefined: what `format` says. */
  readonly template: Template | undefined;
  readonly recordTemplate: Template | undefined;
};

/** One server: `udp://127.0.0.1:514` taken apart. */
export type Target = {
  readonly url: string;
  readonly scheme: 'udp' | 'tcp' | 'tls' | 'relp' | 'relps';
  readonly host: string;
  readonly port: number;
};

/** The most that is sent in a second, in messages (`lines`) or their bytes. */
export type Rate = { readonly unit: 'lines' | 'bytes'; readonly perSecond: number };

/** The half of `[syslog]` that says how records travel; it belongs to ship. */
export type LinkConfig = {
  readonly targets: readonly Target[];
  readonly framing: 'newline' | 'octet-counting';
  readonly linger: number; // ms; Infinity for `never`
  readonly window: number; // bytes
  readonly timeout: number; // ms
  readonly balance: 'failover' | 'round-robin';
  /** For all that is sent, and besides for rows of the spool; undefined = no limit. */
  readonly rate: Rate | undefined;
  readonly drainRate: Rate | undefined;
  readonly tls: TlsConfig;
};

/** What TLS is set up with. Files are absolute paths; `cert` and `key` are both there or neither. */
export type TlsConfig = {
  /** Undefined: the authorities of the system. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Whether the server's certificate and its name are checked. */
  readonly verify: boolean;
  /** Tells one content of the files from another; undefined where they were not looked at. */
  readonly digest?: string;
};

export type DestinationConfig = { readonly name: string; readonly record: RecordConfig; readonly link: LinkConfig };

export type SpoolConfig = {
  readonly path: string;
  /** Bytes; undefined = 1 GiB, or a tenth of the free space if that is less. */
  readonly maxSize: number | undefined;
  /** ms; undefined = never. */
  readonly maxAge: number | undefined;
  readonly full: 'block' | 'drop-oldest' | 'drop-newest';
  readonly sync: 'normal' | 'full';
};

/** The HTTP page, metrics and health. */
export type StatusConfig = {
  /** Undefined: nowhere. */
  readonly listen: { readonly host: string; readonly port: number } | undefined;
  readonly token: string | undefined;
  /** ms; data that waits for so long while nothing is settled is unhealthy. */
  readonly healthAfter: number;
};

export type LogConfig = { readonly level: 'debug' | 'info' | 'warn' | 'error' };

type AgentConfig = { readonly reload: 'signal' | 'change' };

export type Config = {
  /** The file it came from; undefined when the defaults alone are used. */
  readonly source: string | undefined;
  readonly inputs: readonly InputConfig[];
  readonly destinations: readonly DestinationConfig[];
  readonly spool: SpoolConfig;
  readonly status: StatusConfig;
  readonly log: LogConfig;
  readonly agent: AgentConfig;
};
