import type { EdgeField } from '../field.ts';

const most = 65_535;

/** First and last port of `443` or `8000-9000`; null when it is neither. */
function portsOf(value: string): readonly [first: number, last: number] | null {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(value) ?? [];
  if (first === undefined) return null;
  const range = [Number(first), Number(last)] as const;
  return range[0] <= range[1] && range[1] <= most ? range : null;
}

export const portField: EdgeField = {
  of: 'edge',
  name: 'port',
  detail: "port on the server's pod, such as 443 or 8000-9000",
  words: null,
  check: (value) =>
    portsOf(value) === null ? `give a port or a range from 0 to ${most}, such as 443 or 8000-9000` : null,
  test: ({ values }) => {
    const ranges = values.map(portsOf).filter((range) => range !== null);
    return ({ port }) => ranges.some(([first, last]) => first <= port && port <= last);
  },
};
