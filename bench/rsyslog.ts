/** Configurations of rsyslog for the race: the same file to the same sink, taken apart by mmnormalize or as it is. */
import fs from 'node:fs';
import path from 'node:path';

export const RSYSLOG = '/usr/sbin/rsyslogd';

/** The layout of the corpus as liblognorm reads it. */
const RULES = `version=2
rule=:%time:date-rfc3164% %host:word% %owner:char-to:\\x3a%: [%pid:number%][%level:char-to:]%] [%other:char-to:]%] %msg:rest%
`;
const PARSED = '<%pri%>1 %timereported:::date-rfc3339% %$!host% %$!owner% %$!pid% - - %$!all-json%';

/** Writes the configuration into `dir` and gives its path. */
export function rsyslogConfig(dir: string, file: string, port: number, parsed: boolean): string {
  const rules = path.join(dir, 'rules.rb');
  const conf = path.join(dir, 'rsyslog.conf');
  fs.writeFileSync(rules, RULES);
  fs.writeFileSync(
    conf,
    `global(workDirectory="${dir}" maxMessageSize="64k")
module(load="imfile")
module(load="mmnormalize")
template(name="record" type="string" string="${PARSED}")
input(type="imfile" file="${file}" tag="app:" ruleset="ship")
ruleset(name="ship") {
${parsed ? `  action(type="mmnormalize" rulebase="${rules}")` : ''}
  action(type="omfwd" target="127.0.0.1" port="${port}" protocol="tcp" template="${parsed ? 'record' : 'RSYSLOG_SyslogProtocol23Format'}")
}
`,
  );
  return conf;
}
