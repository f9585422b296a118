/** What a record is made of behind its identity: JSON, or the text of a template. The writer knows only this. */
import type { InputConfig, RecordConfig } from '../types.ts';
import type { Draft } from './draft.ts';
import { FORMATS } from './format.ts';
import { type Added, createJsonWriter, writeMembers } from './members.ts';
import { type Body, cutIntoParts } from './parts.ts';
import type { Pattern } from './pattern.ts';
import { createTemplateBody } from './template-body.ts';
import { createValues } from './values.ts';

export function createBody(pattern: Pattern, record: RecordConfig, { name, transform }: InputConfig): Body {
  const values = createValues(pattern, name);
  const json = createJsonBody(pattern, record, { fields: transform.fields, values });
  const { template, recordTemplate } = record;
  if (template === undefined && recordTemplate === undefined) return json;
  return createTemplateBody({ pattern, record, values, json: (draft) => json.text(draft) });
}

function createJsonBody(pattern: Pattern, record: RecordConfig, added: Added): Body & { text(draft: Draft): string } {
  const format = FORMATS[record.format];
  const json = createJsonWriter(pattern, record, format.style, added);
  const { sdId } = record;
  const text = (draft: Draft): string =>
    draft.extras.length === 0 ? json.write(draft) : writeMembers(json.members(draft), format.style);
  return {
    text,
    write: (draft, element) => format.head(draft, element) + text(draft),
    cut: (draft, identity, limit) =>
      cutIntoParts({ draft, members: json.members(draft), identity, sdId, format, limit }),
    ascii: json.ascii,
    bytewise: json.bytewise,
    escapesAll: record.format === 'script',
    pieces: record.format === 'rfc5424' ? json.pieces : undefined,
  };
}
