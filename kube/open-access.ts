import type { ApiAccess } from './access.ts';
import { inClusterAccess } from './in-cluster.ts';

/**
 * The access by a kubeconfig file if one is given, else by the service account of this pod; null when there is neither.
 * @param context of the file; null for its current one. @throws WeirError KUBE_ACCESS for a file that gives none
 */
export async function openAccess(kubeconfig: string | null, context: string | null): Promise<ApiAccess | null> {
  if (kubeconfig === null) return inClusterAccess();
  // Only now: a process in a pod does without the YAML reader's memory.
  const { kubeconfigAccess } = await import('./kubeconfig.ts');
  return kubeconfigAccess(kubeconfig, context);
}
