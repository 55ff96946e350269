import { createHash } from 'node:crypto';
import { type WorkloadRef, workloadKey } from '../../core/identity.ts';

/** A DNS subdomain, as the API wants for names. */
const maxLength = 253;
const hashLength = 8;

function hashOf(ref: WorkloadRef): string {
  return createHash('sha256').update(workloadKey(ref)).digest('hex').slice(0, hashLength);
}

/** Lower case, letters, digits, `-` and single dots, with a letter or digit at the end and beside each dot. */
function subdomain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '-')
    .replace(/-*\.[.-]*/g, '.')
    .replace(/[.-]+$/, '');
}

function withHash(name: string, ref: WorkloadRef): string {
  return `${name.slice(0, maxLength - hashLength - 1).replace(/[.-]+$/, '')}-${hashOf(ref)}`;
}

/**
 * Names the policy of every workload, by workload key: `weir-<name>`, with the kind where two workloads of a namespace
 * share the name, with a hash where even that is not unique or not short enough. All workloads of the cluster must be
 * given, so that a name does not depend on what else is generated.
 */
export function policyNames(refs: readonly WorkloadRef[]): ReadonlyMap<string, string> {
  const sharing = new Map<string, number>();
  const place = (ref: WorkloadRef, name: string) => `${ref.namespace}/${name}`;
  const plain = (ref: WorkloadRef) => subdomain(`weir-${ref.name}`);
  for (const ref of refs) {
    const at = place(ref, plain(ref));
    sharing.set(at, (sharing.get(at) ?? 0) + 1);
  }
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const ref of refs) {
    const shared = (sharing.get(place(ref, plain(ref))) ?? 0) > 1;
    let name = shared ? subdomain(`${plain(ref)}-${ref.kind}`) : plain(ref);
    if (name.length > maxLength || taken.has(place(ref, name))) name = withHash(name, ref);
    taken.add(place(ref, name));
    names.set(workloadKey(ref), name);
  }
  return names;
}
