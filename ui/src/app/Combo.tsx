import { useCombobox } from 'downshift';
import { useState } from 'react';

export interface ComboItem {
  readonly value: string;
  readonly label: string;
  /** Beside the label, quietly. */
  readonly hint: string;
}

interface ComboProps {
  readonly label: string;
  readonly items: readonly ComboItem[];
  readonly value: string;
  /** Shown while nothing is chosen. */
  readonly placeholder: string;
  readonly disabled?: boolean;
  readonly wide?: boolean;
  readonly id: string;
  readonly onChoose: (value: string) => void;
}

/** The most entries that are listed; typing narrows them. */
const mostShown = 200;

function matches({ label, hint }: ComboItem, typed: string): boolean {
  const text = `${label} ${hint}`.toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** A field that narrows a list while one types. */
export function Combo({ label, items, value, placeholder, disabled = false, wide = false, id, onChoose }: ComboProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const chosen = items.find((item) => item.value === value);
  const all: readonly ComboItem[] = [{ value: '', label: placeholder, hint: '' }, ...items];
  const shown = (typed === null || typed === '' ? all : items.filter((item) => matches(item, typed))).slice(
    0,
    mostShown,
  );
  const { isOpen, getMenuProps, getInputProps, getItemProps, highlightedIndex, getLabelProps, openMenu } = useCombobox({
    id,
    items: [...shown],
    inputValue: typed ?? chosen?.label ?? value,
    selectedItem: chosen ?? null,
    itemToString: (item) => item?.label ?? '',
    defaultHighlightedIndex: 0,
    onSelectedItemChange: ({ selectedItem }) => onChoose(selectedItem?.value ?? ''),
    onIsOpenChange: ({ isOpen: open }) => {
      if (!open) setTyped(null);
    },
    stateReducer: (_, { type, changes }) => {
      // Escape, and going elsewhere, close the list and leave what was chosen.
      const { InputKeyDownEscape, InputBlur } = useCombobox.stateChangeTypes;
      return type === InputKeyDownEscape || type === InputBlur ? { ...changes, selectedItem: chosen ?? null } : changes;
    },
  });
  return (
    <div className={wide ? 'combo wide' : 'combo'}>
      <label className="hidden-visually" {...getLabelProps()}>
        {label}
      </label>
      <input
        className="field clip"
        placeholder={placeholder}
        title={chosen?.label ?? placeholder}
        spellCheck={false}
        {...getInputProps({
          disabled,
          // At once, and not by the component's own effect: fast typing would lose letters.
          onChange: (event) => setTyped(event.currentTarget.value),
          onFocus: (event) => {
            event.target.select();
            openMenu();
          },
        })}
      />
      <ul className="combo-list" {...getMenuProps()}>
        {isOpen &&
          shown.map((item, index) => (
            <li
              key={item.value}
              className={index === highlightedIndex ? 'combo-item active' : 'combo-item'}
              {...getItemProps({ item, index })}
            >
              <span className="clip">{item.label}</span>
              <span className="quiet">{item.hint}</span>
            </li>
          ))}
      </ul>
    </div>
  );
}
