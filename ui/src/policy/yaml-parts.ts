export interface YamlPart {
  readonly type: 'key' | 'string' | 'comment' | 'plain';
  readonly text: string;
}

const comment = /^(.*?)((?:^|\s)#.*)$/;
const entry = /^(\s*(?:- )*)([^\s:#"'][^:#]*|"[^"]*"|'[^']*')(:)(\s.*|)$/;

function valueParts(text: string): YamlPart[] {
  const body = comment.exec(text);
  const isString = /^\s*(["']).*\1\s*$/.test(body?.[1] ?? text);
  const value: YamlPart = { type: isString ? 'string' : 'plain', text: body?.[1] ?? text };
  return body === null ? [value] : [value, { type: 'comment', text: body[2] ?? '' }];
}

/** The parts of a line of YAML, for colours; whatever the line holds, the parts together are the line. */
export function yamlParts(line: string): YamlPart[] {
  if (/^\s*#/.test(line)) return [{ type: 'comment', text: line }];
  const match = entry.exec(line);
  const parts: YamlPart[] =
    match === null
      ? valueParts(line)
      : [
          { type: 'plain', text: match[1] ?? '' },
          { type: 'key', text: match[2] ?? '' },
          { type: 'plain', text: match[3] ?? '' },
          ...valueParts(match[4] ?? ''),
        ];
  return parts.filter(({ text }) => text !== '');
}
