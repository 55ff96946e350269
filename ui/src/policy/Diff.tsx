import { useCall } from '../api/use-call.ts';
import { Failure, Waiting } from '../app/Empty.tsx';
import { scopeOf } from '../app/scope.ts';
import { useView } from '../app/use-view.ts';
import { plural } from '../design/format.ts';
import { type Mark, Verdict } from '../design/Verdict.tsx';
import { diffLines } from './diff-lines.ts';
import { mergeChanges } from './merge-changes.ts';

const marks: Readonly<Record<string, Mark>> = { allowed: 'allowed', denied: 'denied', depends: 'depends' };
const mostShown = 500;

/** What the policy changes against what is applied: who may reach whom, and line by line. */
export function Diff({ yaml }: { readonly yaml: string }) {
  const view = useView();
  const manifests = [{ source: 'generated', text: yaml }];
  const { data, error } = useCall('policy', 'compare', {
    cluster: view.cluster,
    scope: scopeOf(view),
    before: [],
    after: manifests,
    afterOnly: false,
  });
  if (error !== null && data === undefined) return <Failure error={error} />;
  if (data === undefined) return <Waiting />;
  const { changes, totalChanges, textDiff, problems } = data;
  const lines = mergeChanges(changes);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="scroll stack" role="region" aria-label="Diff with what is applied" tabIndex={0}>
      {problems.map(({ source, line, message }) => (
        <p key={`${source}:${line}`} className="notice bad">
          {source}:{line}: {message}
        </p>
      ))}
      <h2>
        {totalChanges === 0 ? 'Nobody can reach more or less than now' : `${plural(totalChanges, 'way')} would change`}
      </h2>
      {changes.length > 0 && (
        <table className="plain-table">
          <thead>
            <tr>
              <th>Way</th>
              <th>Now</th>
              <th>Then</th>
            </tr>
          </thead>
          <tbody>
            {lines.slice(0, mostShown).map(({ ends, ports, before, after }) => (
              <tr key={`${ends} ${ports}`}>
                <td>
                  {ends} <span className="mono">{ports}</span>
                </td>
                <td>
                  <Verdict mark={marks[before] ?? 'unknown'} />
                </td>
                <td>
                  <Verdict mark={marks[after] ?? 'unknown'} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {(lines.length > mostShown || totalChanges > changes.length) && (
        <p className="quiet">The first {Math.min(mostShown, lines.length)} of them.</p>
      )}
      <h2>Line by line</h2>
      {textDiff === '' ? (
        <p className="quiet">What is applied is the same.</p>
      ) : (
        <pre className="mono">
          {diffLines(textDiff).map(({ type, text }, index) => (
            <div key={index} className={type === 'same' ? undefined : `diff-${type}`}>
              {text || ' '}
            </div>
          ))}
        </pre>
      )}
    </div>
  );
}
