import { join } from 'node:path';
import ts from 'typescript';
import type { KubeObject } from './helm.ts';
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
const fileName = join(root, 'test', 'chart', 'rendered.ts');

function declaration(object: KubeObject, index: number): string {
  const from = modules[object.apiVersion] ?? `no-types-of-${object.apiVersion}`;
  return `import type { ${object.kind} as K${index} } from '${from}';\nexport const o${index}: K${index} = ${JSON.stringify(object)};\n`;
}

/**
 * Where objects are not what Kubernetes' schema says, one sentence each: fields that it does not know, fields that are
 * missing, values of another type.
 */
export function schemaFaults(objects: readonly KubeObject[]): string[] {
  const text = objects.map(declaration).join('');
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
  };
  const host = ts.createCompilerHost(options);
  const fromDisk = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === fileName ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2023) : fromDisk(name, ...rest);
  const program = ts.createProgram([fileName], options, host);
  const lines = text.split('\n');
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const { line = 0 } = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0) ?? {};
    const object = objects[Math.floor(line / 2)];
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
    return `${object?.kind} ${object?.metadata.name}: ${message} (${lines[line]?.slice(0, 80)})`;
  });
}
