import { useCombobox } from 'downshift';
import { useState } from 'react';
import type { Suggestion } from '../../../proto/wire.ts';
import { useCall } from '../api/use-call.ts';
import { useAccess } from './access.ts';
import { show, useView } from './use-view.ts';

/** The filter in the flow query language, with what may stand at the place of the cursor. */
export function FilterField() {
  const { filter, cluster } = useView();
  const [typed, setTyped] = useState(filter);
  const [cursor, setCursor] = useState(filter.length);
  const [asking, setAsking] = useState(false);
  const [submitted, setSubmitted] = useState(false);
  const [field, setField] = useState<HTMLInputElement | null>(null);
  const [last, setLast] = useState(filter);
  if (last !== filter) {
    setLast(filter);
    setTyped(filter);
  }
  // What may stand in a filter is told from the whole cluster.
  const enabled = useAccess().seesAll && asking;
  const { data } = useCall('query', 'completeFilter', { cluster, filter: typed, cursor }, { enabled });
  const suggestions: Suggestion[] = asking ? [...(data?.suggestions ?? [])] : [];
  const problem = typed === '' ? '' : (data?.problem ?? '');
  const put = ({ text }: Suggestion) => {
    const [from, to] = [data?.replaceFrom ?? cursor, data?.replaceTo ?? cursor];
    const next = `${typed.slice(0, from)}${text}${typed.slice(to) || (text.endsWith(':') ? '' : ' ')}`;
    setTyped(next);
    setCursor(from + text.length + 1);
    requestAnimationFrame(() => field?.setSelectionRange(from + text.length + 1, from + text.length + 1));
  };
  const { getInputProps, getMenuProps, getItemProps, highlightedIndex, isOpen, getLabelProps, closeMenu } = useCombobox(
    {
      id: 'filter',
      items: suggestions,
      inputValue: typed,
      selectedItem: null,
      itemToString: (item) => item?.text ?? '',
      onStateChange: ({ type, selectedItem }) => {
        const chosen =
          type === useCombobox.stateChangeTypes.InputKeyDownEnter || type === useCombobox.stateChangeTypes.ItemClick;
        if (chosen && selectedItem) put(selectedItem);
      },
    },
  );
  return (
    <form
      className="filter"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        closeMenu();
        setSubmitted(true);
        if (problem === '') show({ filter: typed.trim(), selected: '' });
      }}
    >
      {/* The properties name the field that it is for. */}
      {/* oxlint-disable-next-line jsx-a11y/label-has-associated-control */}
      <label className="hidden-visually" {...getLabelProps()}>
        Filter in the flow query language
      </label>
      <input
        {...getInputProps({
          ref: setField,
          className: 'field',
          placeholder: 'Filter flows, such as port=443 server.namespace=data  ( / )',
          spellCheck: false,
          'aria-invalid': problem !== '',
          onFocus: () => setAsking(true),
          onBlur: () => setAsking(false),
          onChange: (event) => {
            setSubmitted(false);
            setTyped(event.currentTarget.value);
            setCursor(event.currentTarget.selectionStart ?? event.currentTarget.value.length);
          },
          onKeyDown: (event) => {
            // Without a suggestion chosen, Enter asks.
            const native = event.nativeEvent as KeyboardEvent & { preventDownshiftDefault?: boolean };
            if (event.key === 'Enter' && highlightedIndex < 0) native.preventDownshiftDefault = true;
          },
        })}
      />
      <ul className="combo-list" {...getMenuProps()}>
        {isOpen &&
          suggestions.map((item, index) => (
            <li
              key={`${item.type} ${item.text}`}
              className={index === highlightedIndex ? 'combo-item active' : 'combo-item'}
              {...getItemProps({ item, index })}
            >
              <span className="mono clip">{item.text}</span>
              <span className="quiet">{item.detail || item.type}</span>
            </li>
          ))}
      </ul>
      {/* While one types, what may come is of more use than what is missing. */}
      {problem !== '' && asking && (submitted || suggestions.length === 0) && (
        <div className="popover-panel notice bad" role="alert">
          {problem}
        </div>
      )}
    </form>
  );
}
