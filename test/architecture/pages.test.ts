import t from 'tap';
import { blocksOf, pageOf } from '../docs/blocks.ts';
import { mayImport, outside } from './rules.ts';

/** The names in a text, whatever stands between them. */
function namesIn(text: string): string[] {
  return text.match(/[a-z]+/g) ?? [];
}

t.test('the table of rooms says what each may import', async (t) => {
  const rows = pageOf('docs/ARCHITECTURE.md').matchAll(/^\| `([a-z]+)\/` \|.*\| ([^|]*) \|$/gm);
  const said = new Map([...rows].map(([, room = '', imports = '']) => [room, imports]));
  for (const [room, allowed] of Object.entries(mayImport)) {
    const named = [...(said.get(room) ?? '').matchAll(/`([a-z]+)`/g)].map(([, name]) => name);
    t.strictSame(new Set(named), new Set(allowed), room);
  }
});

t.test('the short table allows what the rules do, and names no other room', async (t) => {
  const [table] = blocksOf('CONTRIBUTING.md').filter(({ kind }) => kind === 'text imports');
  const said = new Map<string, string[]>();
  for (const line of table?.text.replaceAll('all of them', Object.keys(mayImport).join(',')).trim().split('\n') ?? []) {
    const [first = '', ...others] = line.replace(': types only', '').split(' <- ');
    const before = namesIn(first);
    for (const group of others.map(namesIn)) {
      for (const room of group) said.set(room, [...(said.get(room) ?? []), ...before]);
      before.push(...group);
    }
  }
  for (const [room, allowed] of Object.entries(mayImport)) {
    t.strictSame(
      allowed.filter((each) => !(said.get(room) ?? []).includes(each)),
      [],
      room,
    );
  }
  const rooms = new Set(['core', ...said.keys()]);
  t.strictSame(rooms, new Set([...Object.keys(mayImport), ...outside]));
});
