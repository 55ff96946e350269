import { fieldsOf } from '../design/form.ts';
import { useState } from 'react';
import { call } from '../api/client.ts';
import { queryClient } from '../api/use-call.ts';
import { currentView, show, useView } from '../app/use-view.ts';
import { withRow } from '../policy/choices.ts';
import type { Row } from './rows.ts';

interface AddressChoiceProps {
  readonly row: Row;
  readonly address: string;
}

function wholeBlock(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

/** An address without a name: a block for this row alone, or an alias that names it everywhere. */
export function AddressChoice({ row, address }: AddressChoiceProps) {
  const { choices, cluster } = useView();
  const [message, setMessage] = useState('');
  const decision = choices.rows.get(row.key);
  const allowHere = (cidr: string) => {
    if (!/^[0-9a-f.:]+\/\d{1,3}$/i.test(cidr)) return setMessage('Give a block such as 192.0.2.0/24');
    setMessage('');
    show({
      choices: withRow(currentView().choices, row.key, {
        include: true,
        cidr: cidr === wholeBlock(address) ? '' : cidr,
      }),
    });
  };
  const setAlias = async (text: (name: string) => string) => {
    const alias = {
      name: text('name'),
      cidr: text('cidr'),
      allowed: text('allowed') === 'on',
      expiresUnixMs: 0,
      comment: '',
      expired: false,
    };
    try {
      await call('alias', 'setAlias', { cluster, alias });
      setMessage(`${alias.cidr} is now called ${alias.name}`);
      await queryClient.invalidateQueries();
    } catch (error) {
      setMessage(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <section className="stack">
      <form
        className="inline"
        onSubmit={(event) => {
          event.preventDefault();
          allowHere(fieldsOf(event.currentTarget)('cidr'));
        }}
      >
        <label className="label grow">
          Allow for this row
          <input
            className="field mono"
            name="cidr"
            defaultValue={decision?.cidr || wholeBlock(address)}
            spellCheck={false}
            key={row.key}
          />
        </label>
        <button className="button" type="submit">
          Allow
        </button>
      </form>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void setAlias(fieldsOf(event.currentTarget));
        }}
      >
        <h3>Name it everywhere</h3>
        <div className="inline">
          <label className="label grow">
            Alias
            <input
              className="field"
              name="name"
              required
              pattern="[a-z0-9]([a-z0-9.\-]{0,61}[a-z0-9])?"
              spellCheck={false}
            />
          </label>
          <label className="label grow">
            Block
            <input
              className="field mono"
              name="cidr"
              required
              defaultValue={wholeBlock(address)}
              key={row.key}
              spellCheck={false}
            />
          </label>
        </div>
        <div className="inline">
          <label className="check grow">
            <input type="checkbox" name="allowed" defaultChecked />
            Policies may allow it
          </label>
          <button className="button" type="submit">
            Set alias
          </button>
        </div>
      </form>
      {message !== '' && (
        <p className="notice" role="status">
          {message}
        </p>
      )}
    </section>
  );
}
