import { stringify } from 'yaml';
import { compareText } from '../../core/order.ts';
import { yamlStyle } from './yaml-style.ts';

/** A text file to be written. */
export interface PolicyFile {
  /** Relative, with forward slashes; no part of it is `..`. */
  readonly path: string;
  readonly text: string;
}

/** Whatever a name holds, it stays one part of a path, and no part leads upwards. */
export function pathPart(name: string): string {
  const safe = name.replaceAll(/[^\w.-]/g, '_');
  return /^\.*$/.test(safe) ? `_${safe}` : safe;
}

/**
 * One file for each policy in its namespace's folder, and a `kustomization.yaml` that makes a component of them
 * (https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/components/). Sorted by path.
 */
export function policyFiles(
  policies: readonly { readonly namespace: string; readonly name: string; readonly yaml: string }[],
): PolicyFile[] {
  const files = policies.map(({ namespace, name, yaml }) => ({
    path: `${pathPart(namespace)}/${pathPart(name)}.yaml`,
    text: yaml,
  }));
  files.sort((a, b) => compareText(a.path, b.path));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1alpha1',
    kind: 'Component',
    resources: files.map(({ path }) => path),
  };
  return [...files, { path: 'kustomization.yaml', text: stringify(kustomization, yamlStyle) }];
}
