import fc from 'fast-check';
import t from 'tap';
import type { Edge } from '../../core/edge.ts';
import type { Entity } from '../../core/identity.ts';
import type { Verdict } from '../../core/verdict.ts';
import { workloadsOf } from '../../core/workload.ts';
import { PolicySet } from '../../policy/evaluate/evaluate.ts';
import { generate } from '../../policy/generate/generate.ts';
import { podPeer, templatePeer } from '../../policy/evaluate/pod-peer.ts';
import { printPolicies } from '../../policy/print/print.ts';
import { replay } from '../../policy/replay/replay.ts';
import { cluster, deploy, edge, external } from './clusters.ts';

/* Labels that meet across workloads; `app` and `role` together always separate them. */
const roles = ['api', 'db'] as const;
const apps = ['cart', 'web', 'ads'] as const;
const shop = cluster(
  ...['shop', 'blue', 'kube-system'].flatMap((namespace) =>
    apps.flatMap((app) =>
      roles.map((role) =>
        deploy(`${app}-${role}`, {
          namespace,
          kind: role === 'db' ? 'StatefulSet' : 'Deployment',
          labels: { app, role, version: '1' },
          pods:
            app === 'ads'
              ? []
              : [
                  { app, role, version: '1' },
                  { app, role, version: '2' },
                ],
        }),
      ),
    ),
  ),
);
const workloads = workloadsOf(shop);

const anyWorkload = fc.constantFrom(...workloads.map(({ ref }): Entity => ({ type: 'workload', ...ref })));
const anyEnd = fc.oneof(
  { weight: 8, arbitrary: anyWorkload },
  { weight: 1, arbitrary: fc.constantFrom(external('203.0.113.7'), external('2001:db8::7')) },
  { weight: 1, arbitrary: fc.constant<Entity>({ type: 'node', name: 'n2' }) },
);
const verdict = fc.constantFrom<Verdict>('forwarded', 'forwarded', 'dropped', 'unanswered');
const port = fc.constantFrom(53, 80, 443);
const protocol = fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const);
const anyEdges: fc.Arbitrary<Edge[]> = fc.uniqueArray(
  fc
    .tuple(anyEnd, anyEnd, port, protocol, verdict)
    .filter(([client, server]) => client.type === 'workload' || server.type === 'workload')
    .map(([client, server, onPort, over, saw]) => edge(client, server, onPort, { protocol: over, verdict: saw })),
  {
    minLength: 1,
    maxLength: 25,
    selector: ({ client, server, ...rest }) => JSON.stringify([client, server, rest.port, rest.protocol]),
  },
);

function policiesFor(edges: readonly Edge[]) {
  return generate({
    cluster: shop,
    edges,
    scope: { namespace: null, workload: null },
    directions: ['ingress', 'egress'],
  });
}

t.test('the replay of what was generated from denies nothing that has a rule', (t) => {
  fc.assert(
    fc.property(anyEdges, (edges) => {
      const { policies, excluded } = policiesFor(edges);
      const left = new Set(excluded.map((each) => each.edge));
      const kept = edges.filter((each) => !left.has(each));
      const result = replay({ cluster: shop, policies: policies.map(({ policy }) => policy), edges: kept });
      return result.denied === 0 && result.depends === 0 && result.allowed === kept.length;
    }),
    { seed: 30, numRuns: 150 },
  );
  t.end();
});

t.test('nothing is allowed but what was seen, and DNS over both UDP and TCP', (t) => {
  const peers = workloads.flatMap((workload) => {
    const pods =
      workload.pods.length > 0
        ? workload.pods.map((pod) => podPeer(pod, undefined))
        : [templatePeer(workload, undefined)];
    return pods.map((peer) => ({ peer, ref: workload.ref }));
  });
  const keyOf = (from: unknown, to: unknown, onPort: number, over: string) => JSON.stringify([from, to, onPort, over]);
  let allowed = 0;
  fc.assert(
    fc.property(anyEdges, (edges) => {
      const set = new PolicySet(policiesFor(edges).policies.map(({ policy }) => policy));
      const seen = new Set<string>();
      for (const { client, server, port: onPort, protocol: over, verdict: saw } of edges) {
        if (client.type !== 'workload' || server.type !== 'workload') continue;
        if (saw !== 'forwarded' && !(over === 'UDP' && saw === 'unanswered')) continue;
        const from = `${client.namespace}/${client.name}`;
        const to = `${server.namespace}/${server.name}`;
        const isDns = onPort === 53 && server.namespace === 'kube-system' && over !== 'SCTP';
        for (const each of isDns ? ['TCP', 'UDP'] : [over]) seen.add(keyOf(from, to, onPort, each));
      }
      for (const client of peers) {
        for (const server of peers) {
          if (client.peer === server.peer) continue;
          for (const onPort of [53, 80, 81, 443]) {
            for (const over of ['TCP', 'UDP', 'SCTP'] as const) {
              const query = { client: client.peer, server: server.peer, protocol: over, port: onPort };
              const isAllowed = set.decide(query).decision === 'allowed';
              const from = `${client.ref.namespace}/${client.ref.name}`;
              const to = `${server.ref.namespace}/${server.ref.name}`;
              if (isAllowed) allowed++;
              if (isAllowed !== seen.has(keyOf(from, to, onPort, over))) return false;
            }
          }
        }
      }
      return true;
    }),
    { seed: 31, numRuns: 40 },
  );
  t.ok(allowed > 100, 'much is allowed at all');
  t.end();
});

t.test('an external address that was not seen is denied, in both directions', (t) => {
  const edges = [
    edge('shop/Deployment/web-api', external('203.0.113.7'), 443),
    edge(external('203.0.113.8'), 'shop/Deployment/web-api', 443),
  ];
  const policies = policiesFor(edges).policies.map(({ policy }) => policy);
  const others = [
    edge('shop/Deployment/web-api', external('203.0.113.8'), 443),
    edge(external('203.0.113.7'), 'shop/Deployment/web-api', 443),
    edge('shop/Deployment/web-api', external('203.0.113.7'), 80),
  ];
  t.equal(replay({ cluster: shop, policies, edges }).allowed, 2);
  t.equal(replay({ cluster: shop, policies, edges: others }).denied, 3);
  t.end();
});

t.test('equal edges in any order give equal bytes', (t) => {
  fc.assert(
    fc.property(
      anyEdges.chain((edges) => fc.tuple(fc.constant(edges), fc.shuffledSubarray(edges, { minLength: edges.length }))),
      ([edges, shuffled]) => {
        const [one, other] = [policiesFor(edges), policiesFor(shuffled)];
        const bytes = (made: typeof one) =>
          printPolicies(made.policies.map(({ policy }) => policy)) + JSON.stringify(made);
        return bytes(one) === bytes(other);
      },
    ),
    { seed: 32, numRuns: 100 },
  );
  t.end();
});
