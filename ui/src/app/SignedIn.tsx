import { type ReactNode, useEffect, useSyncExternalStore } from 'react';
import { currentSession, onSession } from '../api/session.ts';
import { queryClient, useCall } from '../api/use-call.ts';
import { AccessContext } from './access.ts';
import { Failure, Waiting } from './Empty.tsx';
import { SignIn } from './SignIn.tsx';

function Asking({ children }: { readonly children: ReactNode }) {
  const { data, error } = useCall('query', 'getAccess', {});
  if (data !== undefined) return <AccessContext value={data}>{children}</AccessContext>;
  return <div className="alone">{error === null ? <Waiting /> : <Failure error={error} />}</div>;
}

/** Shows the page to whom the aggregator knows, and else asks who is there. */
export function SignedIn({ children }: { readonly children: ReactNode }) {
  const session = useSyncExternalStore(onSession, currentSession);
  const isAsked = session.type === 'asked';
  useEffect(() => {
    // Nothing of what one saw is left for the next.
    if (isAsked) queryClient.clear();
  }, [isAsked]);
  return isAsked ? <SignIn cause={session.cause} /> : <Asking>{children}</Asking>;
}
