import { useState } from 'react';
import type { GenerateResponse } from '../../../proto/wire.ts';
import { Popover } from '../design/Popover.tsx';
import { show, useView } from '../app/use-view.ts';
import { type ExportForm, exportForms, exportMap } from './export.ts';
import type { Point } from './layered.ts';
import type { MapModel } from './model.ts';

interface MapToolsProps {
  readonly model: MapModel;
  readonly at: ReadonlyMap<string, Point> | null;
  readonly folded: boolean;
  /** Why a map would not be legible; null when it is. */
  readonly dense: string | null;
  readonly asMatrix: boolean;
  readonly candidate: {
    readonly data: GenerateResponse | undefined;
    readonly error: Error | null;
    readonly isFetching: boolean;
  };
}

function Export({ model, at }: Pick<MapToolsProps, 'model' | 'at'>) {
  const [fault, setFault] = useState('');
  const run = (form: ExportForm) => {
    exportMap(form, model, at ?? new Map()).then(
      () => setFault(''),
      (error: unknown) => setFault(error instanceof Error ? error.message : String(error)),
    );
  };
  const needsPlaces = (form: ExportForm) => (form === 'SVG' || form === 'PNG') && at === null;
  return (
    <Popover label="Export" align="right">
      {(close) => (
        <div className="menu">
          {exportForms.map((form) => (
            <button
              key={form}
              type="button"
              className="button"
              disabled={needsPlaces(form)}
              onClick={() => {
                run(form);
                close();
              }}
            >
              {form}
            </button>
          ))}
          {fault !== '' && <p role="alert">{fault}</p>}
        </div>
      )}
    </Popover>
  );
}

function Opened() {
  const { open } = useView();
  return open.map((name) => (
    <button
      key={name}
      type="button"
      className="button"
      title={`Close ${name}`}
      onClick={() => show({ open: open.filter((each) => each !== name), selected: '' })}
    >
      <span className="clip">{name}</span> <span aria-hidden="true">✕</span>
      <span className="hidden-visually">Close namespace {name}</span>
    </button>
  ));
}

/** How the map is shown, and what is to be known of it. */
export function MapTools({ model, at, folded, dense, asMatrix, candidate }: MapToolsProps) {
  const view = useView();
  return (
    <div className="toolbar">
      <div className="segments" role="group" aria-label="Form">
        {(['map', 'matrix'] as const).map((form) => (
          <button
            key={form}
            type="button"
            className="button"
            aria-pressed={(form === 'matrix') === asMatrix}
            onClick={() => show({ form })}
          >
            {form === 'map' ? 'Map' : 'Matrix'}
          </button>
        ))}
      </div>
      {view.entity !== null && (
        <div className="segments" role="group" aria-label="Steps from the workload">
          {([1, 2] as const).map((hops) => (
            <button
              key={hops}
              type="button"
              className="button"
              aria-pressed={view.hops === hops}
              onClick={() => show({ hops })}
            >
              {hops === 1 ? '1 hop' : '2 hops'}
            </button>
          ))}
        </div>
      )}
      <button
        type="button"
        className="button"
        aria-pressed={view.candidate}
        title="Show what the generated policy would allow and deny"
        disabled={view.namespace === ''}
        onClick={() => show({ candidate: !view.candidate })}
      >
        Candidate policy
      </button>
      {view.candidate && candidate.error !== null && <span className="is-dropped">{candidate.error.message}</span>}
      {view.candidate && candidate.isFetching && <span className="quiet">replaying …</span>}
      <Opened />
      <span className="grow" />
      {asMatrix && view.form === 'auto' && dense !== null && <span className="quiet">Shown as a matrix: {dense}</span>}
      {folded && <span className="quiet">Some namespaces stay closed: there would be too many nodes</span>}
      <span className="quiet wide-only">
        {model.nodes.length} nodes, {model.links.length} links
      </span>
      <Export model={model} at={at} />
    </div>
  );
}
