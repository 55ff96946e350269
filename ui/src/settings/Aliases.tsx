import { fieldsOf } from '../design/form.ts';
import { useCall } from '../api/use-call.ts';
import { useAccess } from '../app/access.ts';
import { Failure } from '../app/Empty.tsx';
import { useView } from '../app/use-view.ts';
import { timeText } from '../design/format.ts';
import { Editing } from './Editing.tsx';
import { Outcome } from './Outcome.tsx';
import { useChange } from './use-change.ts';

/** Names for addresses outside the cluster. */
export function Aliases() {
  const { cluster } = useView();
  const { updatesAliases } = useAccess();
  const { data, error } = useCall('alias', 'listAliases', { cluster });
  const [change, run] = useChange();
  const add = (text: (name: string) => string) => {
    const expires = Date.parse(text('expires'));
    const alias = {
      name: text('name'),
      cidr: text('cidr'),
      allowed: text('allowed') === 'on',
      expiresUnixMs: Number.isNaN(expires) ? 0 : expires,
      comment: text('comment'),
      expired: false,
    };
    run('alias', 'setAlias', { cluster, alias }, `${alias.name} is set`);
  };
  if (error !== null && data === undefined) return <Failure error={error} />;
  return (
    <section className="stack">
      <h2>Aliases</h2>
      <Editing may={updatesAliases} resource="aliases">
        <p className="quiet">Names for addresses outside the cluster. They apply to all that was ever recorded.</p>
        <table className="plain-table">
          <thead>
            <tr>
              <th>Name</th>
              <th>Block</th>
              <th>Policies</th>
              <th>
                <span className="hidden-visually">Remove</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {(data?.aliases ?? []).map(({ name, cidr, allowed, comment, expiresUnixMs, expired }) => (
              <tr key={name}>
                <td>
                  {name}
                  <div className="quiet">
                    {comment}
                    {expiresUnixMs > 0 && ` ${expired ? 'expired' : 'until'} ${timeText(expiresUnixMs)}`}
                  </div>
                </td>
                <td className="mono">{cidr}</td>
                <td>{allowed ? 'may allow it' : 'no rule'}</td>
                <td>
                  <button
                    type="button"
                    className="button plain"
                    aria-label={`Remove ${name}`}
                    disabled={change.busy}
                    onClick={() => run('alias', 'removeAlias', { cluster, name }, `${name} is removed`)}
                  >
                    ✕
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            add(fieldsOf(event.currentTarget));
          }}
        >
          <div className="inline">
            <label className="label grow">
              Name
              <input className="field" name="name" required maxLength={63} spellCheck={false} />
            </label>
            <label className="label grow">
              Block or address
              <input className="field mono" name="cidr" required spellCheck={false} />
            </label>
          </div>
          <div className="inline">
            <label className="label grow">
              Comment
              <input className="field" name="comment" maxLength={200} />
            </label>
            <label className="label grow">
              Until (no end without)
              <input className="field" name="expires" type="datetime-local" />
            </label>
          </div>
          <div className="inline">
            <label className="check grow">
              <input type="checkbox" name="allowed" /> Generated policies may allow it
            </label>
            <button className="button primary" type="submit" disabled={change.busy}>
              Set alias
            </button>
          </div>
          <Outcome change={change} />
        </form>
      </Editing>
    </section>
  );
}
