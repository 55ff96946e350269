import { download } from '../design/download.ts';
import { dotText, mermaidText } from './diagram.ts';
import type { Point } from './layered.ts';
import type { LinkState, MapModel } from './model.ts';
import { type Palette, svgText } from './svg-text.ts';

export const exportForms = ['SVG', 'PNG', 'DOT', 'Mermaid', 'JSON'] as const;
export type ExportForm = (typeof exportForms)[number];

/** Pictures are drawn at twice their size, up to what every browser can draw. */
const scale = 2;
const mostPixels = 8_192;

function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const states = ['forwarded', 'dropped', 'refused', 'unanswered', 'allowed'] as const;
  const link = Object.fromEntries(states.map((state) => [state, colour(state)]));
  return {
    surface: colour('surface'),
    box: colour('surface-2'),
    line: colour('line'),
    text: colour('text'),
    quiet: colour('text-2'),
    link: { ...link, unknown: colour('text-2'), 'would-be-denied': colour('dropped') } as Record<LinkState, string>,
  };
}

async function pngOf(svg: string): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    const factor = Math.min(scale, mostPixels / Math.max(image.width, image.height));
    [canvas.width, canvas.height] = [Math.ceil(image.width * factor), Math.ceil(image.height * factor)];
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob(
        (blob) => (blob === null ? reject(new Error('The picture could not be drawn')) : resolve(blob)),
        'image/png',
      ),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Gives the map to the reader as a file. @throws Error when the browser cannot draw it */
export async function exportMap(form: ExportForm, model: MapModel, at: ReadonlyMap<string, Point>): Promise<void> {
  switch (form) {
    case 'SVG':
      return download('weir-map.svg', svgText(model, at, palette()), 'image/svg+xml');
    case 'PNG':
      return download('weir-map.png', await pngOf(svgText(model, at, palette())), 'image/png');
    case 'DOT':
      return download('weir-map.dot', dotText(model), 'text/vnd.graphviz');
    case 'Mermaid':
      return download('weir-map.mmd', mermaidText(model), 'text/plain');
    case 'JSON': {
      const plain = { nodes: model.nodes.map(({ source }) => source), links: model.links.map(({ link }) => link) };
      return download('weir-map.json', JSON.stringify(plain, null, 2), 'application/json');
    }
  }
}
