import { WeirError } from '../../core/errors.ts';
import type { Direction } from '../../core/flow.ts';
import type { ClusterSnapshot, Policy } from '../../core/kubernetes.ts';
import { type ManifestProblem, parseManifests, snapshotOf } from '../../core/manifest.ts';
import { edgeInScope } from '../../core/scope.ts';
import { generate } from '../../policy/generate.ts';
import { printPolicies } from '../../policy/print.ts';
import { replay } from '../../policy/replay.ts';
import { encodeCoverage } from '../../proto/convert-coverage.ts';
import type { PolicyHandlers } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import type { UnaryWrapper } from '../api/unary.ts';
import type { Answer, History } from '../graph/history.ts';
import type { ClusterState } from '../query/cluster-state.ts';
import { checkCluster, readRange, readScope } from '../query/question.ts';
import { encodeExcluded, encodeGenerated, encodeReplay } from './encode.ts';

export interface PolicyParts {
  readonly cluster: string;
  readonly state: ClusterState;
  readonly history: History;
  readonly unary: UnaryWrapper;
}

/** The gRPC side of making policies and proving them. */
export function policyHandlers({ cluster, state, history, unary }: PolicyParts): PolicyHandlers {
  const seen = async (range: wire.TimeRange | null): Promise<Answer> => {
    const window = readRange(range);
    return window === null ? history.all() : await history.during(window);
  };
  return {
    generate: unary(async (request) => {
      checkCluster(request.cluster, cluster);
      const scope = readScope(request.scope);
      const { edges, coverage } = await seen(request.range);
      const { snapshot } = state;
      const made = generate({ cluster: snapshot, edges, scope, directions: directionsOf(request) });
      const policies = made.policies.map(({ policy }) => policy);
      const within = edges.filter((edge) => edgeInScope(scope, edge));
      return {
        policies: made.policies.map(encodeGenerated),
        yaml: printPolicies(policies),
        excluded: made.excluded.map(encodeExcluded),
        coverage: encodeCoverage(coverage),
        replay: encodeReplay(
          replay({ cluster: snapshot, policies: [...policies, ...snapshot.clusterPolicies], edges: within }),
        ),
        skipped: made.skipped,
        files: [],
        losses: [],
        completeness: null,
      };
    }),
    check: unary(async (request) => {
      checkCluster(request.cluster, cluster);
      const scope = readScope(request.scope);
      const { edges, coverage } = await seen(request.range);
      state.check(scope, edges);
      const { policies: candidates, problems } = readCandidates(request.manifests);
      const { snapshot } = state;
      const applied = request.candidatesOnly ? [] : policiesOf(snapshot);
      const within = edges.filter((edge) => edgeInScope(scope, edge));
      const result = replay({ cluster: snapshot, policies: overlay(applied, candidates), edges: within });
      return { replay: encodeReplay(result), coverage: encodeCoverage(coverage), problems, completeness: null };
    }),
  };
}

function policiesOf({ networkPolicies, clusterPolicies }: ClusterSnapshot): readonly Policy[] {
  return [...networkPolicies, ...clusterPolicies];
}

function directionsOf({ ingress, egress }: wire.GenerateRequest): readonly Direction[] {
  if (ingress === egress) return ['ingress', 'egress'];
  return [ingress ? 'ingress' : 'egress'];
}

interface Candidates {
  readonly policies: readonly Policy[];
  readonly problems: readonly ManifestProblem[];
}

/** @throws WeirError MANIFEST_INVALID when there is no policy to check and nothing that says why */
function readCandidates(manifests: readonly wire.Manifest[]): Candidates {
  const read = manifests.map(({ source, text }) => parseManifests(text, source));
  const policies = policiesOf(snapshotOf(read.flatMap(({ objects }) => objects.map(({ object }) => object))));
  const problems = read.flatMap((each) => each.problems);
  if (policies.length === 0 && problems.length === 0) {
    const where = manifests.map(({ source }) => source).join(', ') || 'the request';
    throw new WeirError(
      'MANIFEST_INVALID',
      `${where} holds no NetworkPolicy of networking.k8s.io and none of policy.networking.k8s.io; name a file that does`,
    );
  }
  return { policies, problems };
}

/** What is in force when the candidates are applied: of two policies of one kind, namespace and name the candidate stands. */
function overlay(applied: readonly Policy[], candidates: readonly Policy[]): Policy[] {
  const byName = new Map(
    [...applied, ...candidates].map((policy) => [
      `${policy.kind}/${policy.metadata.namespace}/${policy.metadata.name}`,
      policy,
    ]),
  );
  return [...byName.values()];
}
