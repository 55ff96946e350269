import { useState } from 'react';
import logo from '../design/weir.svg';
import { signIn, type SignInCause } from '../api/session.ts';
import './theme.ts';

const texts: Readonly<Record<SignInCause, string>> = {
  none: 'The aggregator shows what you may see in Kubernetes. Give a token of yours.',
  refused: 'This token is not valid, or no longer. Look whether it was copied whole, or make a new one.',
  ended: 'Your token is no longer valid. Sign in with a new one to go on where you were.',
  'signed-out': 'You are signed out. Nothing of your token is kept.',
  elsewhere: 'What stands before the aggregator wants you to sign in there again. Load the page anew.',
};

/** It is all that can be done here. */
function focus(field: HTMLInputElement | null): void {
  field?.focus();
}

function TokenForm() {
  const [value, setValue] = useState('');
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (value.trim() !== '') signIn(value.trim());
      }}
    >
      <label className="label">
        Token
        <input
          className="field mono"
          type="password"
          autoComplete="off"
          spellCheck={false}
          required
          ref={focus}
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
      </label>
      <div>
        <button className="button primary" type="submit">
          Sign in
        </button>
      </div>
      <p className="quiet">
        Such as one of <code>kubectl create token</code>. It stays in the memory of this page: whoever loads the page
        anew, or opens another, is asked again.
      </p>
    </form>
  );
}

/** The whole page, for whom the aggregator does not know. */
export function SignIn({ cause }: { readonly cause: SignInCause }) {
  const isBad = cause === 'refused' || cause === 'ended';
  return (
    <main className="alone">
      <section className="sign-in stack">
        <h1 className="brand">
          <img src={logo} alt="" />
          Weir
        </h1>
        <p className={isBad ? 'notice bad' : undefined} role={isBad ? 'alert' : 'status'}>
          {texts[cause]}
        </p>
        {cause === 'elsewhere' ? (
          <div>
            <button type="button" className="button primary" onClick={() => location.reload()}>
              Load anew
            </button>
          </div>
        ) : (
          <TokenForm key={cause} />
        )}
      </section>
    </main>
  );
}
