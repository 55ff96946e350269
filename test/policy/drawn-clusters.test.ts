import fc from 'fast-check';
import t from 'tap';
import type { Edge } from '../../core/edge.ts';
import type { Direction } from '../../core/flow.ts';
import { type WorkloadRef, workloadKey } from '../../core/identity.ts';
import type { ClusterSnapshot, Labels } from '../../core/kubernetes.ts';
import { workloadsOf } from '../../core/workload.ts';
import { PolicySet } from '../../policy/evaluate/evaluate.ts';
import { generate, type Generated } from '../../policy/generate/generate.ts';
import type { GenerateOptions } from '../../policy/generate/generate-options.ts';
import { farEndOf } from '../../policy/generate/grant.ts';
import { podPeer, templatePeer } from '../../policy/evaluate/pod-peer.ts';
import type { PodPeer } from '../../policy/evaluate/query.ts';
import { replay } from '../../policy/replay/replay.ts';
import { cluster, deploy, edge } from './clusters.ts';
import { oracleSide } from './oracle.ts';

/* Clusters whose labels meet, and whose pods are in the middle of a rollout. */
const labels: fc.Arbitrary<Labels> = fc.record(
  { app: fc.constantFrom('a', 'b'), tier: fc.constantFrom('x', 'y'), version: fc.constantFrom('1', '2') },
  { requiredKeys: ['app'] },
);
const names = ['shop/one', 'shop/two', 'shop/three', 'data/one', 'data/four'];
const someCluster: fc.Arbitrary<ClusterSnapshot> = fc
  .tuple(...names.map(() => fc.record({ labels, rollingOut: fc.boolean(), atRest: fc.boolean() })))
  .map((drawn) =>
    cluster(
      ...drawn.map(({ labels: own, rollingOut, atRest }, index) => {
        const [namespace = '', name = ''] = (names[index] as string).split('/');
        const before = { ...own, version: '0', 'pod-template-hash': 'old' };
        const now = { ...own, 'pod-template-hash': 'new' };
        const pods = atRest ? [] : rollingOut ? [before, now] : [now];
        return deploy(name, { namespace, labels: own, pods, ports: [{ name: 'http', containerPort: 80 }] });
      }),
    ),
  );
const someRef = fc.constantFrom(...names.map((name) => name.replace('/', '/Deployment/')));
const ports = [53, 80, 81] as const;
const someEdges = fc.uniqueArray(
  fc
    .tuple(someRef, someRef, fc.constantFrom(...ports), fc.constantFrom('TCP' as const, 'UDP' as const))
    .map(([client, server, port, protocol]) => edge(client, server, port, { protocol })),
  {
    minLength: 1,
    maxLength: 12,
    selector: (each) => JSON.stringify([each.client, each.server, each.port, each.protocol]),
  },
);
const someOptions: fc.Arbitrary<Partial<GenerateOptions>> = fc.record({
  namedPorts: fc.boolean(),
  portRanges: fc.boolean(),
  peers: fc.constantFrom('workload' as const, 'namespace' as const),
});

function made(of: ClusterSnapshot, edges: readonly Edge[], options: Partial<GenerateOptions>): Generated {
  const scope = { namespace: null, workload: null };
  return generate({ cluster: of, edges, scope, directions: ['ingress', 'egress'], options });
}

/** `direction near far` of everything that some policy says it lets through, seen or caught too. */
function listed({ policies }: Generated, direction: Direction): Set<string> {
  const found = new Set<string>();
  for (const { workload, alsoSelects, rules } of policies) {
    for (const rule of rules.filter((each) => each.direction === direction)) {
      const ends = rule.edges.map((each) => farEndOf(each, direction)).filter((end) => end.type === 'workload');
      for (const near of [workload, ...alsoSelects]) {
        for (const far of [...ends, ...rule.alsoAllows]) {
          for (const { port, protocol } of rule.edges) {
            found.add([workloadKey(near), workloadKey(far), protocol, port].join(' '));
          }
        }
      }
    }
  }
  return found;
}

function podsOf(of: ClusterSnapshot): { readonly ref: WorkloadRef; readonly peer: PodPeer }[] {
  return workloadsOf(of).flatMap((workload) => {
    const peers = workload.pods.map((pod) => podPeer(pod, undefined));
    return (peers.length > 0 ? peers : [templatePeer(workload, undefined)]).map((peer) => ({
      ref: workload.ref,
      peer,
    }));
  });
}

t.test('every edge that got a rule is allowed, for pods before and after a rollout', (t) => {
  fc.assert(
    fc.property(someCluster, someEdges, someOptions, (of, edges, options) => {
      const { policies, excluded } = made(of, edges, options);
      const left = new Set(excluded.map((each) => each.edge));
      const kept = edges.filter((each) => !left.has(each));
      const result = replay({ cluster: of, policies: policies.map(({ policy }) => policy), edges: kept });
      return result.allowed === kept.length;
    }),
    { seed: 70, numRuns: 150 },
  );
  t.end();
});

t.test('whatever is allowed was seen or is listed as caught, and the oracle agrees', (t) => {
  let [allowed, denied] = [0, 0];
  fc.assert(
    fc.property(someCluster, someEdges, someOptions, (of, edges, options) => {
      const generated = made(of, edges, options);
      const policies = generated.policies.map(({ policy }) => policy);
      const set = new PolicySet(policies);
      const isolated = new Set(
        generated.policies.flatMap((each) => [each.workload, ...each.alsoSelects]).map(workloadKey),
      );
      const [out, into] = [listed(generated, 'egress'), listed(generated, 'ingress')];
      const pods = podsOf(of);
      for (const client of pods) {
        for (const server of pods) {
          if (client.peer === server.peer) continue;
          for (const port of [...ports, 82]) {
            for (const protocol of ['TCP', 'UDP'] as const) {
              const query = { client: client.peer, server: server.peer, protocol, port };
              const { decision, egress, ingress } = set.decide(query);
              const given = { policies, nodes: [] };
              if (oracleSide(given, 'egress', query) !== egress.decision) return false;
              if (oracleSide(given, 'ingress', query) !== ingress.decision) return false;
              if (decision !== 'allowed') {
                denied++;
                continue;
              }
              allowed++;
              const [near, far] = [workloadKey(client.ref), workloadKey(server.ref)];
              if (isolated.has(near) && !out.has([near, far, protocol, port].join(' '))) return false;
              if (isolated.has(far) && !into.has([far, near, protocol, port].join(' '))) return false;
            }
          }
        }
      }
      return true;
    }),
    { seed: 71, numRuns: 60 },
  );
  t.ok(allowed > 500 && denied > 500, `${allowed} allowed, ${denied} denied`);
  t.end();
});
