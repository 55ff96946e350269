import type { Point } from './layered.ts';
import { boxAround, cardHeight, cardWidth, extent } from './layout.ts';
import { drawnLinks, type LinkState, type MapModel } from './model.ts';
import { route } from './route.ts';

/** Colours by what they mean, as CSS has them. */
export interface Palette {
  readonly surface: string;
  readonly box: string;
  readonly line: string;
  readonly text: string;
  readonly quiet: string;
  readonly link: Readonly<Record<LinkState, string>>;
}

const dashes: Readonly<Partial<Record<LinkState, string>>> = {
  dropped: '7 4',
  'would-be-denied': '7 4',
  refused: '8 3 2 3',
  unanswered: '2 4',
};

/** What XML takes: texts of the cluster may hold anything. */
function escaped(text: string): string {
  const printable = text.replaceAll(/\p{C}/gu, '');
  return printable.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** The longest text that a card has room for. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** How many characters of a name fit on a card. */
export const nameLength = 22;

const margin = 24;

/** The map as a picture that stands for itself, without styles from elsewhere. */
export function svgText(model: MapModel, at: ReadonlyMap<string, Point>, palette: Palette): string {
  const { x, y, width, height } = extent(at.values());
  const view = [x - margin, y - margin, width + 2 * margin, height + 2 * margin].map(Math.round);
  const boxes = model.groups.map(({ id, label }) => {
    const members = model.nodes.filter(({ group }) => group === id).map((node) => at.get(node.id));
    const box = boxAround(members.filter((each) => each !== undefined));
    return (
      `<rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" rx="8" fill="${palette.box}" stroke="${palette.line}"/>` +
      `<text x="${box.x + 14}" y="${box.y + 20}" font-size="12" font-weight="600" fill="${palette.quiet}">${escaped(label)}</text>`
    );
  });
  const links = drawnLinks(model, '').flatMap(({ source, target, state, label }) => {
    const [from, to] = [at.get(source), at.get(target)];
    if (from === undefined || to === undefined) return [];
    const { path, middle } = route(from, to);
    const dash = dashes[state] === undefined ? '' : ` stroke-dasharray="${dashes[state]}"`;
    const colour = palette.link[state];
    return [
      `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.6"${dash} marker-end="url(#arrow-${state})"/>` +
        `<text x="${middle.x}" y="${middle.y - 4}" font-size="10" text-anchor="middle" fill="${colour}">${escaped(label)}</text>`,
    ];
  });
  const cards = model.nodes.flatMap((node) => {
    const corner = at.get(node.id);
    if (corner === undefined) return [];
    return [
      `<g transform="translate(${corner.x} ${corner.y})"><rect width="${cardWidth}" height="${cardHeight}" rx="6" fill="${palette.surface}" stroke="${palette.quiet}"/>` +
        `<text x="14" y="20" font-size="12.5" font-weight="600" fill="${palette.text}">${escaped(shortened(node.label, nameLength))}</text>` +
        `<text x="14" y="36" font-size="10.5" fill="${palette.quiet}">${escaped(node.caption)}</text></g>`,
    ];
  });
  const markers = Object.entries(palette.link).map(
    ([state, colour]) =>
      `<marker id="arrow-${state}" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8Z" fill="${colour}"/></marker>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${view.join(' ')}" width="${view[2]}" height="${view[3]}" font-family="sans-serif">`,
    `<defs>${markers.join('')}</defs>`,
    `<rect x="${view[0]}" y="${view[1]}" width="${view[2]}" height="${view[3]}" fill="${palette.surface}"/>`,
    ...boxes,
    ...links,
    ...cards,
    '</svg>',
    '',
  ].join('\n');
}
