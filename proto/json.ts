import protobuf from 'protobufjs';
import { WeirError } from '../core/errors.ts';
import { type Fields, isFields } from '../core/fields.ts';
import { choicesOf } from './definitions.ts';

/** How many names a complaint lists. */
const maxListed = 30;

function invalid(path: string, what: string): WeirError {
  return new WeirError('REQUEST_INVALID', path === '' ? what : `${path}: ${what}`);
}

function pathOf(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/**
 * Reads a message that was sent as JSON in the form of proto/wire. What is absent or null has its default.
 * @throws WeirError REQUEST_INVALID: names the field that is unknown or of the wrong type
 */
export function messageFromJson(type: protobuf.Type, value: unknown, path = ''): Fields {
  if (!isFields(value)) throw invalid(path, 'give an object');
  const choices = choicesOf(type);
  const known = [...type.fieldsArray.map(({ name }) => name), ...choices.map(({ name }) => name)];
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const listed = known.length === 0 ? 'it has none' : `there are ${known.slice(0, maxListed).join(', ')}`;
    throw invalid(pathOf(path, name.slice(0, 64)), `no such field; ${listed}`);
  }
  const given = (name: string) => (Object.hasOwn(value, name) ? (value[name] ?? null) : null);
  const message: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    if (field.partOf === null || given(field.name) !== null) {
      message[field.name] = fieldFromJson(field, given(field.name), pathOf(path, field.name));
    }
  }
  for (const choice of choices) chooseMember(choice, given, message, path);
  return message;
}

function chooseMember(
  { name, oneof: members }: protobuf.OneOf,
  given: (name: string) => unknown,
  message: Record<string, unknown>,
  path: string,
): void {
  const set = members.filter((member) => given(member) !== null);
  if (set.length > 1) throw invalid(pathOf(path, name), `give one of ${set.join(', ')} only`);
  const said = given(name);
  if (said !== null && said !== set[0])
    throw invalid(pathOf(path, name), 'name the member that is given, or leave it out');
  if (set[0] !== undefined) message[name] = set[0];
}

function fieldFromJson(field: protobuf.Field, value: unknown, path: string): unknown {
  if (field instanceof protobuf.MapField) {
    if (value !== null && !isFields(value)) throw invalid(path, 'give an object');
    const entries = Object.entries(value ?? {});
    return Object.fromEntries(entries.map(([key, each]) => [key, valueFromJson(field, each, pathOf(path, key))]));
  }
  if (!field.repeated) return value === null ? defaultOf(field) : valueFromJson(field, value, path);
  if (value === null) return [];
  if (!Array.isArray(value)) throw invalid(path, 'give a list');
  return value.map((each: unknown, index) => valueFromJson(field, each, `${path}[${index}]`));
}

function defaultOf({ resolvedType, type }: protobuf.Field): unknown {
  if (resolvedType instanceof protobuf.Type) return null;
  if (resolvedType instanceof protobuf.Enum) return resolvedType.valuesById[0];
  if (type === 'string') return '';
  return type === 'bool' ? false : 0;
}

const ranges: Readonly<Record<string, readonly [least: number, most: number]>> = {
  uint32: [0, 0xffff_ffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

function valueFromJson({ resolvedType, type }: protobuf.Field, value: unknown, path: string): unknown {
  if (resolvedType instanceof protobuf.Type) return messageFromJson(resolvedType, value, path);
  if (resolvedType instanceof protobuf.Enum) {
    if (typeof value === 'string' && Object.hasOwn(resolvedType.values, value)) return value;
    throw invalid(path, `give one of ${Object.keys(resolvedType.values).join(', ')}`);
  }
  if (type === 'string' || type === 'bool') {
    if (typeof value === (type === 'bool' ? 'boolean' : 'string')) return value;
    throw invalid(path, type === 'bool' ? 'give true or false' : 'give a text');
  }
  const range = ranges[type];
  if (range === undefined) {
    if (typeof value === 'number' && (type === 'double' || type === 'float')) return value;
    throw invalid(path, `values of type ${type} cannot be given as JSON`);
  }
  const [least, most] = range;
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value;
  throw invalid(path, `give a whole number from ${least} to ${most}`);
}
