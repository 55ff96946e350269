import { fieldsOf } from '../design/form.ts';
import { useCall } from '../api/use-call.ts';
import { useAccess } from '../app/access.ts';
import { Failure } from '../app/Empty.tsx';
import { useQuestion } from '../app/use-scope.ts';
import { useView } from '../app/use-view.ts';
import { plural, timeText } from '../design/format.ts';
import { Editing } from './Editing.tsx';
import { Outcome } from './Outcome.tsx';
import { useChange } from './use-change.ts';

/** What was accepted as it should be; drift is shown on the coverage screen. */
export function Baselines() {
  const { cluster, namespace } = useView();
  const { updatesSettings } = useAccess();
  const { scope, range } = useQuestion();
  const { data, error } = useCall('policy', 'listBaselines', { cluster });
  const [change, run] = useChange();
  return (
    <section className="stack">
      <h2>Baselines</h2>
      <p className="quiet">What was seen, accepted as what should be. Coverage shows what has changed since.</p>
      {error !== null && data === undefined && <Failure error={error} />}
      {data !== undefined && (
        <Editing may={updatesSettings} resource="policysettings">
          <ul>
            {data.baselines.map(({ name, scope: of, takenUnixMs, edges, comment }) => (
              <li key={name} className="inline">
                <span className="grow">
                  {name}{' '}
                  <span className="quiet">
                    {of?.namespace || 'all namespaces'}, {plural(edges, 'edge')}, {timeText(takenUnixMs)} {comment}
                  </span>
                </span>
                <button
                  type="button"
                  className="button plain"
                  aria-label={`Remove ${name}`}
                  disabled={change.busy}
                  onClick={() => run('policy', 'removeBaseline', { cluster, name }, `${name} is removed`)}
                >
                  ✕
                </button>
              </li>
            ))}
          </ul>
          <form
            className="inline"
            onSubmit={(event) => {
              event.preventDefault();
              const name = fieldsOf(event.currentTarget)('name');
              run('policy', 'setBaseline', { cluster, name, scope, range, comment: '' }, `${name} is taken`);
            }}
          >
            <label className="label grow">
              Accept what is seen now in {namespace || 'all namespaces'} as
              <input className="field" name="name" required maxLength={63} spellCheck={false} />
            </label>
            <button className="button" type="submit" disabled={change.busy}>
              Accept
            </button>
          </form>
          <Outcome change={change} />
        </Editing>
      )}
    </section>
  );
}
