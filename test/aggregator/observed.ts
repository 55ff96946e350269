import { zeroCounters } from '../../core/flow.ts';
import type { Clock } from '../../core/time.ts';
import { podYaml, serviceYaml } from './cluster-fixture.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { type Running, start, TestCluster } from './running.ts';

export const objects = [
  podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
  podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart', ports: { http: 8080 } }),
  podYaml({ name: 'rogue', ip: '10.1.0.9' }),
  serviceYaml({ name: 'cart', ip: '10.96.0.20', selector: { app: 'cart' }, ports: [{ port: 80, targetPort: 'http' }] }),
];
export const denyCart = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: cart, namespace: shop }
spec: { podSelector: { matchLabels: { app: cart } }, policyTypes: [Ingress] }
`;
export const allowCart = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: cart, namespace: shop }
spec:
  podSelector: { matchLabels: { app: cart } }
  ingress: [{ from: [{ podSelector: { matchLabels: { app: frontend } } }], ports: [{ port: 8080 }] }]
`;

/** An aggregator that saw frontend reach cart, and a rogue pod fail to. */
export async function observed(
  t: Parameters<typeof start>[0],
  applied: readonly string[] = [],
  clock?: Clock,
): Promise<Running & { readonly source: TestCluster; readonly agent: Pusher }> {
  const source = new TestCluster(...objects, ...applied);
  const running = await start(t, source, clock === undefined ? {} : { clock });
  const agent = new Pusher(running.connection);
  await agent.welcome();
  const blocked = { counters: { ...zeroCounters(), attempts: 2, unanswered: 2 }, drops: { NETFILTER_DROP: 4 } };
  agent.send(batchOf(1, [call('frontend-1', '10.96.0.20', 80), call('rogue', '10.1.0.2', 8080, blocked)]));
  await agent.ackThrough(1);
  t.teardown(() => agent.close());
  return { ...running, source, agent };
}
