import { join } from 'node:path';
import t from 'tap';
import { AgentProcess } from '../agent/agent-process.ts';
import { IngestDouble } from '../agent/ingest-double.ts';
import { TestNode, whyNoKernel } from '../agent/node-fixture.ts';
import type { TestPod } from '../agent/pod-wiring.ts';
import { render, whyNoHelm } from './helm.ts';

interface DaemonSetSpec {
  readonly template: {
    readonly spec: {
      readonly containers: readonly {
        readonly securityContext: { readonly capabilities: { readonly add: string[] } };
      }[];
    };
  };
}

async function chartCapabilities(): Promise<string[]> {
  const objects = await render('kube-1.36', {});
  const spec = objects.find(({ kind }) => kind === 'DaemonSet')?.['spec'] as DaemonSetSpec;
  return spec.template.spec.containers[0]?.securityContext.capabilities.add ?? [];
}

/** As a container runtime starts root: with these capabilities and no way to others. */
function asContainer(capabilities: readonly string[]): string[] {
  const set = ['-all', ...capabilities.map((name) => `+${name.toLowerCase()}`)].join(',');
  return ['setpriv', '--no-new-privs', `--bounding-set=${set}`, `--inh-caps=-all`, '--'];
}

const skip = whyNoHelm() || whyNoKernel();

t.test('the capabilities that the chart gives are enough for the agent, with every feature', { skip }, async (t) => {
  const node = new TestNode();
  t.teardown(() => node.remove());
  const ingest = new IngestDouble();
  const address = `unix:${join(node.folder, 'a.sock')}`;
  await ingest.listen(address);
  t.teardown(() => ingest.kill());
  const [client, server] = node.addPods(['client', 'server']) as [TestPod, TestPod];
  const agent = new AgentProcess(node, address, [], asContainer(await chartCapabilities()));
  t.teardown(() => agent.stop());
  const said = () => agent.log.slice(-1500);
  await ingest.until(() => ingest.statuses.at(-1)?.podsResolved === 2 || agent.exitStatus !== null, 'pods are named');
  t.equal(agent.exitStatus, null, said());
  await node.startPython(server, 'hear', 'tcp', '0.0.0.0', 8080);
  const say = await node.startPython(client, 'speak');
  await say.must(`c tcp ${server.address} 8080`, 'c send 100', 'c close');
  const seen = () =>
    ingest.records.some(({ role, port, counters }) => role === 'client' && port === 8080 && counters.established > 0);
  await ingest.until(seen, 'a connection is seen');
  // Bits 12, 38 and 39 of linux/capability.h.
  t.equal(BigInt(`0x${agent.statusField('CapPrm')}`), (1n << 12n) | (1n << 38n) | (1n << 39n), 'and it has no other');
  const off = ingest.statuses.at(-1)?.features.filter(({ active, name }) => !active && name !== 'kubernetes-api');
  t.strictSame(off, [], said());
});
