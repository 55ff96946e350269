import { join } from 'node:path';
import ts from 'typescript';
import { isFields } from '../../core/fields.ts';
import { root } from './helm.ts';

/** Where the types of an API version are in kubernetes-types, which are made from the OpenAPI schema of Kubernetes. */
const modules: Readonly<Record<string, string>> = {
  v1: 'kubernetes-types/core/v1',
  'apps/v1': 'kubernetes-types/apps/v1',
  'autoscaling/v2': 'kubernetes-types/autoscaling/v2',
  'networking.k8s.io/v1': 'kubernetes-types/networking/v1',
  'policy/v1': 'kubernetes-types/policy/v1',
  'rbac.authorization.k8s.io/v1': 'kubernetes-types/rbac/v1',
  'cert-manager.io/v1': './custom-kinds',
  'monitoring.coreos.com/v1': './custom-kinds',
};

/** Beside the types of kinds that Kubernetes does not bring; the file itself is in memory only. */
const fileName = join(root, 'test', 'chart', 'all-kinds.ts');

export interface TypedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}

interface Types {
  readonly checker: ts.TypeChecker;
  /** By API version and kind. */
  readonly kinds: ReadonlyMap<string, ts.Type>;
}

let known: Types | null = null;

/** Read once: the compiler's start takes longer than any object. */
function types(): Types {
  if (known !== null) return known;
  const text = Object.values(modules).map((from) => `import type {} from '${from}';\n`);
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    types: [],
    lib: ['lib.es5.d.ts'],
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    module: ts.ModuleKind.ESNext,
  };
  const host = ts.createCompilerHost(options);
  const fromDisk = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === fileName ? ts.createSourceFile(name, text.join(''), ts.ScriptTarget.ES2023) : fromDisk(name, ...rest);
  const program = ts.createProgram([fileName], options, host);
  const checker = program.getTypeChecker();
  const imports = program.getSourceFile(fileName)?.statements.filter(ts.isImportDeclaration) ?? [];
  const found = Object.keys(modules).flatMap((apiVersion, index) => {
    const module = imports[index] && checker.getSymbolAtLocation(imports[index].moduleSpecifier);
    if (module === undefined) throw new Error(`${modules[apiVersion]}: there are no such types`);
    return checker
      .getExportsOfModule(module)
      .map((symbol): [string, ts.Type] => [`${apiVersion} ${symbol.name}`, checker.getDeclaredTypeOfSymbol(symbol)]);
  });
  known = { checker, kinds: new Map(found) };
  return known;
}

function faultsAt(checker: ts.TypeChecker, type: ts.Type, value: unknown, path: string): string[] {
  const inner = (next: ts.Type, each: unknown, name: string) => faultsAt(checker, next, each, name);
  const wrong = () => [`${path}: ${JSON.stringify(value)?.slice(0, 80)} is no ${checker.typeToString(type)}`];
  if ((type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0) return [];
  if (type.isUnion()) {
    // What a field that may be missing has beside its type.
    const options = type.types.filter(({ flags }) => (flags & ts.TypeFlags.Undefined) === 0);
    const each = options.map((option) => inner(option, value, path));
    if (each.some((faults) => faults.length === 0)) return [];
    return each.length === 1 ? (each[0] ?? []) : wrong();
  }
  if (type.isStringLiteral() || type.isNumberLiteral()) return value === type.value ? [] : wrong();
  if ((type.flags & ts.TypeFlags.BooleanLiteral) !== 0) {
    return typeof value === 'boolean' && String(value) === checker.typeToString(type) ? [] : wrong();
  }
  if ((type.flags & ts.TypeFlags.String) !== 0) return typeof value === 'string' ? [] : wrong();
  if ((type.flags & ts.TypeFlags.Number) !== 0) return typeof value === 'number' ? [] : wrong();
  const item = type.getNumberIndexType();
  if (item !== undefined && type.getStringIndexType() === undefined) {
    return Array.isArray(value) ? value.flatMap((each, i) => inner(item, each, `${path}[${i}]`)) : wrong();
  }
  return isFields(value) ? fieldFaults(checker, type, value, path) : wrong();
}

function fieldFaults(checker: ts.TypeChecker, type: ts.Type, value: object, path: string): string[] {
  const rest = type.getStringIndexType();
  const properties = new Map(type.getProperties().map((property) => [property.name, property]));
  // A type without any is one whose fields are not Kubernetes' own.
  if (rest === undefined && properties.size === 0) return [];
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  const missing = [...properties.values()]
    .filter(({ name, flags }) => !(name in value) && (flags & ts.SymbolFlags.Optional) === 0)
    .map(({ name }) => `missing required field "${at(name)}"`);
  const given = Object.entries(value).flatMap(([name, each]) => {
    const property = properties.get(name);
    const next = property === undefined ? rest : checker.getTypeOfSymbol(property);
    return next === undefined ? [`unknown field "${at(name)}"`] : faultsAt(checker, next, each, at(name));
  });
  return [...missing, ...given];
}

/**
 * Where an object is not what Kubernetes' schema says, a sentence each: fields that it does not know, fields that are
 * missing, values of another type.
 */
export function schemaFaults(object: TypedObject): string[] {
  const { checker, kinds } = types();
  const type = kinds.get(`${object.apiVersion} ${object.kind}`);
  return type === undefined
    ? [`no types of ${object.apiVersion} ${object.kind}`]
    : fieldFaults(checker, type, object, '');
}
