import { WeirError } from '../core/errors.ts';
import type { CallConfig } from './servers/config.ts';
import type { Call, CallTarget, ExternalSpec, ServiceSpec, Topology } from './workload-spec.ts';

/** The full name under which a target is found in the DNS. */
export function targetHost(target: CallTarget): string {
  return target.type === 'external' ? target.name : `${target.name}.${target.namespace}.svc.cluster.local`;
}

/** The name as people write it: short inside the namespace, so that the search list is used. */
function shortHost(target: CallTarget, fromNamespace: string): string {
  if (target.type === 'external') return target.name;
  return target.namespace === fromNamespace ? target.name : `${target.name}.${target.namespace}`;
}

export function callConfig(call: Call, fromNamespace: string): CallConfig {
  const host = shortHost(call.to, fromNamespace);
  return { kind: call.kind, host, port: call.port, path: call.path ?? '/', source: null };
}

/** @throws LAB when the topology declares no such Service */
export function serviceNamed(topology: Topology, namespace: string, name: string): ServiceSpec {
  const found = topology.services.find((each) => each.namespace === namespace && each.name === name);
  if (found === undefined) throw new WeirError('LAB', `the topology has no Service ${namespace}/${name}`);
  return found;
}

/** @throws LAB when the topology declares no such host */
export function externalNamed(topology: Topology, name: string): ExternalSpec {
  const found = topology.externals.find((each) => each.name === name);
  if (found === undefined) throw new WeirError('LAB', `the topology has no external host ${name}`);
  return found;
}
