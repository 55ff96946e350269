import { ApiError } from '../api/client.ts';
import { queryClient } from '../api/use-call.ts';
import { type Cause, causeOfError, causeOfNothing, type Looked } from './causes.ts';
import { useStatus } from './use-status.ts';
import { show, useView } from './use-view.ts';

function askAgain(): void {
  void queryClient.invalidateQueries();
}

function Remedy({ remedy }: { readonly remedy: Cause['remedy'] }) {
  const button = (text: string, onClick: () => void) => (
    <button type="button" className="button" onClick={onClick}>
      {text}
    </button>
  );
  switch (remedy) {
    case 'all-time':
      return button('Look at all that is kept', () => show({ span: { type: 'last', ms: 0 } }));
    case 'clear-filter':
      return button('Clear filter and search', () => show({ filter: '', search: '', peers: '' }));
    case 'coverage':
      return button('Show coverage', () => show({ screen: 'coverage' }));
    case 'retry':
      return button('Ask again', askAgain);
    case 'none':
      return null;
  }
}

/** Says why there is nothing, and offers what helps. */
export function Empty({ cause }: { readonly cause: Cause }) {
  return (
    <section className="empty" role="status">
      <h2>{cause.title}</h2>
      <p className="quiet">{cause.text}</p>
      <div className="inline">
        <Remedy remedy={cause.remedy} />
      </div>
    </section>
  );
}

/** An error in place of what was asked for. */
export function Failure({ error }: { readonly error: Error }) {
  const fault = error instanceof ApiError ? error : { code: 'PAGE', status: 0, message: error.message };
  return <Empty cause={causeOfError(fault)} />;
}

/** Nothing to show, with its cause. */
export function Nothing({ coverage, unfiltered }: Pick<Looked, 'coverage' | 'unfiltered'>) {
  const { filter, search: typed, peers, span, cluster } = useView();
  const search = `${typed}${peers}`;
  const { data } = useStatus();
  const status = data?.clusters.find(({ name }) => cluster === '' || name === cluster) ?? null;
  const bounded = span.type === 'between' || span.ms > 0;
  return <Empty cause={causeOfNothing({ status, coverage, unfiltered, filter, search, bounded })} />;
}

/** While the first answer is on its way. */
export function Waiting() {
  return (
    <section className="empty quiet" role="status" aria-busy="true">
      Asking the aggregator …
    </section>
  );
}
