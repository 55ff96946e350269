import type { FilterField } from './field.ts';
import { filterField, filterFields } from './fields/all.ts';
import type { Side } from './syntax.ts';

/** What a word at the place of a field means. */
export interface FieldName {
  readonly field: FilterField;
  readonly side: Side;
  /** Key of a label; else empty. */
  readonly label: string;
}

/** Every name that a field may be written with, labels as `label.`. */
export function fieldNames(): readonly string[] {
  const names = filterFields.map(({ name, of }) => ({ text: name === 'label' ? 'label.' : name, of }));
  const ends = names.filter(({ of }) => of === 'end');
  return [
    ...names.map(({ text }) => text),
    ...(['client', 'server'] as const).flatMap((side) => ends.map(({ text }) => `${side}.${text}`)),
  ];
}

/** Reads `port`, `client.namespace` or `server.label.app`. @returns what is wrong, as a text, when it is no field */
export function readFieldName(text: string): FieldName | string {
  const [, prefix, rest = ''] = /^(?:(client|server)\.)?(.*)$/s.exec(text) ?? [];
  const side: Side = prefix === 'client' || prefix === 'server' ? prefix : 'either';
  const isLabel = rest.startsWith('label.');
  const name = isLabel ? 'label' : rest;
  const field = filterField(name);
  if (field === undefined) {
    return `no such field; there are ${filterFields.map((each) => each.name).join(', ')}`;
  }
  if (field.of === 'edge' && side !== 'either') return `${name} is of both ends; leave out ${side}.`;
  const label = isLabel ? rest.slice('label.'.length) : '';
  if (name === 'label' && label === '') return 'name the label, as label.app=cart';
  return { field, side, label };
}
