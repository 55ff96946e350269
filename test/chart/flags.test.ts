import t from 'tap';
import { readConfig as readAgent } from '../../agent/config.ts';
import { readConfig as readAggregator } from '../../aggregator/config.ts';
import { type KubeObject, render, whyNoHelm } from './helm.ts';
import { valueSets } from './value-sets.ts';

const skip = whyNoHelm();

function argumentsIn(objects: readonly KubeObject[], suffix: string): string[] {
  const workloads = objects.filter(({ kind }) => ['DaemonSet', 'StatefulSet', 'Deployment'].includes(kind));
  const found = workloads.find(({ metadata }) => metadata.name.endsWith(suffix)) as KubeObject;
  const { template } = found['spec'] as { template: { spec: { containers: readonly { args: string[] }[] } } };
  return template.spec.containers[0]?.args ?? [];
}

t.test('agent and aggregator take the flags that the chart gives them', { skip }, async (t) => {
  for (const [name, values] of Object.entries(valueSets)) {
    const objects = await render('kube-1.36', values);
    const agent = await readAgent(argumentsIn(objects, '-agent'), () => undefined);
    t.match(agent, { tls: { ca: '/etc/weir/authority/ca.crt' }, tokenFile: '/var/run/secrets/weir/token' }, name);
    const aggregator = await readAggregator(argumentsIn(objects, '-aggregator'), () => undefined);
    t.match(aggregator, { tlsCert: '/etc/weir/tls/tls.crt', insecureTransport: false }, name);
    t.equal(aggregator?.cluster, agent?.cluster);
    const audience = JSON.stringify(objects).match(/"audience":"([^"]+)"/)?.[1];
    t.equal(aggregator?.agentAudience, audience, `${name}: the token is made for this aggregator`);
    const account = objects.find(({ kind, metadata }) => kind === 'ServiceAccount' && metadata.name.endsWith('-agent'));
    t.equal(aggregator?.agentAccount, `weir-system/${account?.metadata.name}`);
  }
});
