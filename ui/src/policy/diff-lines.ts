export interface DiffLine {
  readonly type: 'add' | 'remove' | 'place' | 'same';
  readonly text: string;
}

function typeOf(line: string): DiffLine['type'] {
  if (/^(@@|---|\+\+\+|diff )/.test(line)) return 'place';
  if (line.startsWith('+')) return 'add';
  return line.startsWith('-') ? 'remove' : 'same';
}

/** The lines of what `diff -u` prints, each with what it says. */
export function diffLines(text: string): DiffLine[] {
  return text === ''
    ? []
    : text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => ({ type: typeOf(line), text: line }));
}
