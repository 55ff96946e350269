import { select } from 'd3-selection';
import { zoom, zoomIdentity, type ZoomBehavior } from 'd3-zoom';
import { type RefObject, useCallback, useEffect, useRef } from 'react';
import type { Rect } from './layout.ts';

/** Below these scales labels, and then names, are too small to read. */
const farBelow = 0.55;
const fartherBelow = 0.3;
const scales: [number, number] = [0.05, 3];
const step = 1.3;
const margin = 30;
const mostAtStart = 1.25;

export interface Zoom {
  readonly fit: () => void;
  readonly by: (direction: 1 | -1) => void;
  /** Moves the view, when a card is outside of it, to the card. */
  readonly reveal: (card: Rect) => void;
}

/**
 * Pans and zooms a picture without drawing it anew. It is fitted whenever `view` changes, and else never moved.
 * @param extent of all that is drawn; null while nothing is
 */
export function useZoom(
  svg: RefObject<SVGSVGElement | null>,
  scene: RefObject<SVGGElement | null>,
  extent: Rect | null,
  view: string,
): Zoom {
  const behaviour = useRef<ZoomBehavior<SVGSVGElement, unknown> | null>(null);
  const fitted = useRef('');
  useEffect(() => {
    if (svg.current === null) return;
    const made = zoom<SVGSVGElement, unknown>()
      .scaleExtent(scales)
      .on('zoom', ({ transform }: { transform: { k: number; toString(): string } }) => {
        scene.current?.setAttribute('transform', transform.toString());
        svg.current?.classList.toggle('far', transform.k < farBelow);
        svg.current?.classList.toggle('farther', transform.k < fartherBelow);
      });
    behaviour.current = made;
    const selection = select(svg.current);
    selection.call(made).on('dblclick.zoom', null);
    return () => {
      selection.on('.zoom', null);
    };
  }, [svg, scene]);

  const fit = useCallback(() => {
    if (svg.current === null || extent === null || behaviour.current === null) return;
    const { width, height } = svg.current.getBoundingClientRect();
    const k = Math.min(mostAtStart, (width - 2 * margin) / extent.width, (height - 2 * margin) / extent.height);
    const [x, y] = [width / 2 - k * (extent.x + extent.width / 2), height / 2 - k * (extent.y + extent.height / 2)];
    behaviour.current.transform(select(svg.current), zoomIdentity.translate(x, y).scale(Math.max(scales[0], k)));
  }, [svg, extent]);

  useEffect(() => {
    if (extent === null || fitted.current === view) return;
    fitted.current = view;
    fit();
  }, [extent, view, fit]);

  const by = useCallback(
    (direction: 1 | -1) => {
      if (svg.current !== null) behaviour.current?.scaleBy(select(svg.current), direction > 0 ? step : 1 / step);
    },
    [svg],
  );
  const reveal = useCallback(
    (card: Rect) => {
      const matrix = scene.current?.getCTM();
      if (svg.current === null || behaviour.current === null || !matrix) return;
      const { width, height } = svg.current.getBoundingClientRect();
      const [left, top] = [matrix.a * card.x + matrix.e, matrix.d * card.y + matrix.f];
      const inside =
        left > 0 && top > 0 && left + matrix.a * card.width < width && top + matrix.d * card.height < height;
      if (!inside)
        behaviour.current.translateTo(select(svg.current), card.x + card.width / 2, card.y + card.height / 2);
    },
    [svg, scene],
  );
  return { fit, by, reveal };
}
