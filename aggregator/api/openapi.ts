import protobuf from 'protobufjs';
import { type ErrorCode, errorTable } from '../../core/errors.ts';
import { version } from '../../core/version.ts';
import { choicesOf } from '../../proto/definitions.ts';
import type { Route } from './http/routes.ts';

type Schema = Readonly<Record<string, unknown>>;

function described(comment: string | null): { description?: string } {
  return comment === null || comment === '' ? {} : { description: comment };
}

/** The name of a definition without its package. */
function nameOf(type: protobuf.ReflectionObject): string {
  return type.fullName.replace(/^\.weir\.v1\./, '');
}

function reference(type: protobuf.ReflectionObject): Schema {
  return { $ref: `#/components/schemas/${nameOf(type)}` };
}

const scalars: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  uint32: { type: 'integer', minimum: 0, maximum: 0xffff_ffff },
  int32: { type: 'integer', minimum: -0x8000_0000, maximum: 0x7fff_ffff },
  uint64: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  int64: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  float: { type: 'number' },
  double: { type: 'number' },
  bytes: { type: 'string', contentEncoding: 'base64' },
};

function fieldSchema(field: protobuf.Field): Schema {
  const { resolvedType, type, comment } = field;
  const one = resolvedType === null ? (scalars[type] ?? {}) : reference(resolvedType);
  if (field instanceof protobuf.MapField) return { type: 'object', additionalProperties: one, ...described(comment) };
  if (field.repeated) return { type: 'array', items: one, ...described(comment) };
  const mayBeNull = resolvedType instanceof protobuf.Type;
  return { ...(mayBeNull ? { anyOf: [one, { type: 'null' }] } : one), ...described(comment) };
}

function messageSchema(type: protobuf.Type): Schema {
  const fields = type.fieldsArray.map((field) => [field.name, fieldSchema(field)] as const);
  const choices = choicesOf(type).map(({ name, oneof, comment }) => {
    const what = comment ?? 'Which of them is set.';
    return [name, { type: 'string', enum: oneof, ...described(what) }] as const;
  });
  return {
    type: 'object',
    ...described(type.comment),
    properties: Object.fromEntries([...fields, ...choices]),
    additionalProperties: false,
  };
}

function enumSchema(type: protobuf.Enum): Schema {
  const lines = Object.entries(type.comments).flatMap(([name, comment]) =>
    comment === null ? [] : [`- ${name}: ${comment}`],
  );
  const text = [type.comment, ...lines].filter((each) => each !== null && each !== '').join('\n');
  return { type: 'string', enum: Object.keys(type.values), ...described(text) };
}

/** The messages and enums that these messages are made of, themselves included. */
function definitionsOf(types: readonly protobuf.Type[]): ReadonlyMap<string, protobuf.Type | protobuf.Enum> {
  const found = new Map<string, protobuf.Type | protobuf.Enum>();
  const add = (type: protobuf.Type | protobuf.Enum): void => {
    if (found.has(nameOf(type))) return;
    found.set(nameOf(type), type);
    if (type instanceof protobuf.Enum) return;
    for (const { resolvedType } of type.fieldsArray) if (resolvedType !== null) add(resolvedType);
  };
  for (const type of types) add(type);
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const faultName = 'Fault';

function faultSchema(): Schema {
  return {
    type: 'object',
    description: 'Why a call failed.',
    properties: {
      code: { type: 'string', enum: Object.keys(errorTable) satisfies readonly string[] as ErrorCode[] },
      message: { type: 'string', description: 'What is wrong, where, and what to do, for people.' },
    },
    required: ['code', 'message'],
    additionalProperties: false,
  };
}

const failed: Schema = {
  description: 'The call failed.',
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${faultName}` } } },
};

function operation(route: Route): Schema {
  const { path, method, request, response } = route;
  const [tag = '', name = ''] = path.split('/');
  const common = { operationId: `${tag}.${name}`, tags: [tag], ...described(method.comment) };
  const content = { schema: reference(request) };
  const answer = (type: string) => ({ content: { [type]: { schema: reference(response) } } });
  if (route.shape === 'unary') {
    return {
      post: {
        ...common,
        requestBody: { required: true, content: { 'application/json': content } },
        responses: { '200': { description: 'The answer.', ...answer('application/json') }, default: failed },
      },
    };
  }
  const what = 'Server-sent events: the data of each is one such message, its id goes into Last-Event-ID to resume.';
  return {
    get: {
      ...common,
      parameters: [
        { name: 'request', in: 'query', required: false, content: { 'application/json': content } },
        { name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string' } },
      ],
      responses: { '200': { description: what, ...answer('text/event-stream') }, default: failed },
    },
  };
}

/** The HTTP API in OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0), made of the definitions and their comments. */
export function describeApi(routes: readonly Route[]): Schema {
  const types = definitionsOf(routes.flatMap(({ request, response }) => [request, response]));
  const schemas = [...types].map(([name, type]) => [
    name,
    type instanceof protobuf.Enum ? enumSchema(type) : messageSchema(type),
  ]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Weir',
      version,
      description: 'What pods talk to, and policies made of it. Fields that are absent or null have their defaults.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '.', description: 'Relative to this document.' }],
    paths: Object.fromEntries(routes.map((route) => [`/${route.path}`, operation(route)])),
    components: { schemas: { ...Object.fromEntries(schemas), [faultName]: faultSchema() } },
  };
}
