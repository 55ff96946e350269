import { fieldsOf } from '../design/form.ts';
import { useState } from 'react';
import { Popover } from '../design/Popover.tsx';
import { show, useView } from '../app/use-view.ts';
import { type Direction, type Manual, parsePortRange, portRangeText } from './choices.ts';

const cidr = /^[0-9a-fA-F.:]+(\/\d{1,3})?$/;
const name = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Reads the form of a rule. @returns the rule, or what is wrong with it */
export function readManual(direction: Direction, peer: string, value: string, ports: string): Manual | string {
  const ranges = ports
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(parsePortRange);
  if (peer === 'cidr' && !cidr.test(value)) return 'Give a block such as 192.0.2.0/24';
  if (peer === 'namespace' && !name.test(value)) return 'Give the name of a namespace';
  if (ranges.includes(null)) return 'Give ports such as TCP/443 or UDP/8000-8010, or none for all';
  return {
    direction,
    peer: peer === 'cidr' ? 'cidr' : 'namespace',
    value,
    ports: ranges.filter((range) => range !== null),
  };
}

function add(rule: Manual, manual: readonly Manual[]): readonly Manual[] {
  const text = (each: Manual) => JSON.stringify(each);
  return manual.some((each) => text(each) === text(rule)) ? manual : [...manual, rule];
}

/** Rules that a person adds to what was seen, for one direction. */
export function ManualRules({ direction }: { readonly direction: Direction }) {
  const { choices } = useView();
  const [fault, setFault] = useState('');
  const own = choices.manual.filter((rule) => rule.direction === direction);
  const put = (manual: readonly Manual[]) => show({ choices: { ...choices, manual } });
  return (
    <Popover label={own.length === 0 ? 'Add a rule' : `Added rules: ${own.length}`}>
      {() => (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            const text = fieldsOf(event.currentTarget);
            const rule = readManual(direction, text('peer'), text('value'), text('ports'));
            setFault(typeof rule === 'string' ? rule : '');
            if (typeof rule === 'string') return;
            put(add(rule, choices.manual));
            event.currentTarget.reset();
          }}
        >
          <ul>
            {own.map((rule) => (
              <li key={JSON.stringify(rule)} className="inline">
                <span className="grow mono">
                  {rule.value} {rule.ports.map(portRangeText).join(' ') || 'all ports'}
                </span>
                <button
                  type="button"
                  className="button plain"
                  aria-label={`Remove the rule for ${rule.value}`}
                  onClick={() => put(choices.manual.filter((each) => each !== rule))}
                >
                  ✕
                </button>
              </li>
            ))}
          </ul>
          <label className="label">
            {direction === 'ingress' ? 'Allow from' : 'Allow to'}
            <select className="field" name="peer">
              <option value="cidr">Addresses (CIDR)</option>
              <option value="namespace">A whole namespace</option>
            </select>
          </label>
          <label className="label">
            Block or name
            <input className="field mono" name="value" required spellCheck={false} />
          </label>
          <label className="label">
            Ports
            <input className="field mono" name="ports" placeholder="all, or TCP/443 UDP/53" spellCheck={false} />
          </label>
          {fault !== '' && (
            <p className="notice bad" role="alert">
              {fault}
            </p>
          )}
          <button className="button primary" type="submit">
            Add
          </button>
        </form>
      )}
    </Popover>
  );
}
