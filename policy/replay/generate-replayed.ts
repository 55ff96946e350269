import type { Edge } from '../../core/edge.ts';
import { type Entity, workloadKey } from '../../core/identity.ts';
import { edgeInScope } from '../../core/scope.ts';
import { generate, type GenerateInput, type Generated } from '../generate/generate.ts';
import { replay, type ReplayResult } from './replay.ts';

/** Policies, and what becomes of what was seen under them. */
export interface ReplayedPolicies {
  readonly made: Generated;
  readonly replayed: ReplayResult;
}

/** Edges with an end that gets a policy. */
function edgesWithin({ edges, scope, only }: GenerateInput): readonly Edge[] {
  const within = edges.filter((edge) => edgeInScope(scope, edge));
  if (only === undefined) return within;
  const keys = new Set(only.map(workloadKey));
  const isMeant = (end: Entity) => end.type === 'workload' && keys.has(workloadKey(end));
  return within.filter(({ client, server }) => isMeant(client) || isMeant(server));
}

/**
 * Makes policies and decides every edge of what gets one again, under these and the cluster-wide policies that are
 * applied. @throws WeirError as `generate`
 */
export function generateReplayed(input: GenerateInput): ReplayedPolicies {
  const { cluster } = input;
  const made = generate(input);
  const policies = [...made.policies.map(({ policy }) => policy), ...cluster.clusterPolicies];
  return { made, replayed: replay({ cluster, policies, edges: edgesWithin(input) }) };
}
