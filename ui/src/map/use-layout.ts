import { useEffect, useMemo, useRef, useState } from 'react';
import type { Point } from './layered.ts';
import type { LayoutRequest } from './layout.ts';
import type { MapModel } from './model.ts';

type Places = ReadonlyMap<string, Point>;

/** Where cards were in the views of this tab: the most recently used last, a bounded number. */
const remembered = new Map<string, Places>();
const mostViews = 50;

function remember(view: string, at: Places): void {
  remembered.delete(view);
  remembered.set(view, new Map([...(remembered.get(view) ?? []), ...at]));
  const oldest = remembered.keys().next();
  if (remembered.size > mostViews && oldest.done !== true) remembered.delete(oldest.value);
}

/** Lays out in a worker; an answer to a question that was asked again since is dropped. */
class LayoutThread {
  readonly #worker = new Worker(new URL('./layout-worker.ts', import.meta.url), { type: 'module' });
  #job = 0;
  #onPlaces: (at: Places) => void = () => undefined;

  constructor() {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<{ job: number; at: [string, Point][] }>) => {
      if (data.job === this.#job) this.#onPlaces(new Map(data.at));
    });
  }

  ask(request: LayoutRequest, onPlaces: (at: Places) => void): void {
    this.#onPlaces = onPlaces;
    this.#worker.postMessage({ job: ++this.#job, request });
  }

  end(): void {
    this.#worker.terminate();
  }
}

/** The places of all cards; null until they are known. @param view what is looked at: cards keep their places in it */
export function useLayout(model: MapModel | null, view: string): Places | null {
  const thread = useRef<LayoutThread | null>(null);
  const [placed, setPlaced] = useState<{ readonly view: string; readonly at: Places } | null>(null);
  useEffect(() => {
    thread.current = new LayoutThread();
    return () => thread.current?.end();
  }, []);
  // Layout depends on who is there and who calls whom, not on how much.
  const shape = useMemo(
    () =>
      model === null
        ? null
        : JSON.stringify({
            nodes: model.nodes.map(({ id, group }) => ({ id, group })),
            links: model.links.map(({ source, target }) => ({ source, target })),
          }),
    [model],
  );
  useEffect(() => {
    if (shape === null) return;
    const { nodes, links } = JSON.parse(shape) as Pick<LayoutRequest, 'nodes' | 'links'>;
    thread.current?.ask({ nodes, links, known: [...(remembered.get(view) ?? [])] }, (at) => {
      remember(view, at);
      setPlaced({ view, at });
    });
  }, [shape, view]);
  return placed?.view === view ? placed.at : null;
}
