import { signOut, token } from '../api/session.ts';
import { useAccess } from './access.ts';

/** Who is signed in, and the way out; a proxy that signs people in has its own. */
export function Account() {
  const { user } = useAccess();
  if (user === '') return null;
  return (
    <>
      <span className="quiet clip account" title={`Signed in as ${user}`}>
        {user}
      </span>
      {token() !== null && (
        <button type="button" className="button plain" onClick={signOut}>
          Sign out
        </button>
      )}
    </>
  );
}
