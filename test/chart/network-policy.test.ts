import { execFile } from 'node:child_process';
import tap from 'tap';
import type { Place } from '../agent/inside-process.ts';
import { TestNode, whyNoKernel } from '../agent/node-fixture.ts';
import { Underlay } from '../agent/underlay-fixture.ts';
import { chart, whyNoHelm } from './helm.ts';
import { startNodeCluster } from './node-cluster.ts';

/* The chart's own NetworkPolicy, enforced by the rules that the lab makes of policies: who gets where. */

const skip = whyNoHelm() || whyNoKernel();
const ports = { grpc: 7280, metrics: 7281, http: 7282 } as const;
const waitSeconds = '0.7';

tap.setTimeout(120_000);

type Port = keyof typeof ports;

/** Whether a connection from a network namespace opens. @param netns file of it */
async function opens(netns: string, address: string, port: number): Promise<boolean> {
  const connect = ['timeout', waitSeconds, 'bash', '-c', `: < /dev/tcp/${address}/${port}`];
  return await new Promise((resolve) => {
    execFile('nsenter', [`--net=${netns}`, ...connect], (error) => resolve(error === null));
  });
}

const fileOf = ({ netns }: Place) => `/run/netns/${netns}`;
const all = Object.keys(ports) as readonly Port[];

tap.test('the NetworkPolicy of the chart lets through whom it names, and nobody else', { skip }, async (t) => {
  const { node, cluster, kubelet } = await startNodeCluster(t);
  const otherNode = new TestNode(1);
  t.teardown(() => otherNode.remove());
  const underlay = new Underlay([node, otherNode]);
  t.teardown(() => underlay.remove());
  for (const name of ['tools', 'monitoring']) cluster.addNamespace(name);
  const [client, prometheus] = [kubelet.addPod('tools', 'client'), kubelet.addPod('monitoring', 'prometheus')];
  const [stranger, dns] = [kubelet.addPod('shop', 'stranger'), kubelet.addPod('kube-system', 'dns')];
  const listen = (address: string, port: number) => `import { createServer } from 'node:net';
    createServer((socket) => socket.end()).listen(${port}, '${address}', () => console.log('ready'));`;
  await node.serve(stranger, listen(stranger.address, 8080));
  await node.serve(dns, listen(dns.address, 53));
  // In place of an API server that is not the node's own: what goes to the node itself no policy sees.
  await node.serve(otherNode, listen(otherNode.address, 6443));

  const install = `helm install weir ${chart} --namespace weir --create-namespace --wait --timeout 90s`;
  await cluster.must(`${install} --set cluster=production`);
  const pod = 'weir/weir-aggregator-0';
  const aggregator = kubelet.addressOf(pod);
  const places = { node, otherNode, client, prometheus, stranger };
  /** To which ports each gets. */
  const reached = async () => {
    const tries = Object.entries(places).map(async ([name, place]) => {
      const isOpen = await Promise.all(all.map((port) => opens(fileOf(place), aggregator, ports[port])));
      return [name, all.filter((_, i) => isOpen[i])] as const;
    });
    return Object.fromEntries(await Promise.all(tries));
  };
  /** Where the aggregator gets to. */
  const sent = async () => {
    const netns = `/proc/${kubelet.pidOf(pod)}/ns/net`;
    const [toDns, toApi, toStranger] = await Promise.all([
      opens(netns, dns.address, 53),
      opens(netns, otherNode.address, 6443),
      opens(netns, stranger.address, 8080),
    ]);
    return { toDns, toApi, toStranger };
  };
  const upgrade = (flags: string) =>
    cluster.must(`helm upgrade weir ${chart} --namespace weir --reset-then-reuse-values --wait --timeout 60s ${flags}`);

  const everybody = Object.fromEntries(Object.keys(places).map((name) => [name, all]));
  t.strictSame(await reached(), everybody, 'where nobody is named, everybody may ask');
  t.strictSame(
    await sent(),
    { toDns: true, toApi: true, toStranger: false },
    'the aggregator calls nobody but whom it needs',
  );

  await upgrade(
    [
      `--set networkPolicy.agentCidrs={${otherNode.address}/32}`,
      '--set networkPolicy.clientNamespaces={tools}',
      '--set networkPolicy.monitoringNamespaces={monitoring}',
      '--set networkPolicy.apiServerCidrs={192.0.2.1/32}',
    ].join(' '),
  );
  t.strictSame(await reached(), {
    // Probes come from the node of a pod, which no policy keeps away.
    node: all,
    otherNode: ['grpc'],
    client: ['grpc', 'http'],
    prometheus: ['metrics'],
    stranger: [],
  });
  t.strictSame(await sent(), { toDns: true, toApi: false, toStranger: false });
  await cluster.must("kubectl get configmap weir-authority --namespace weir -o jsonpath='{.data.ca\\.crt}' > ~/ca.crt");
  const within = (place: Place, line: string) => cluster.must(`nsenter --net=${fileOf(place)} ${line}`);
  const address = `${aggregator}:${ports.grpc}`;
  const trust = '--tls-ca ~/ca.crt --tls-server-name weir-aggregator';
  t.match(await within(client, `weir workloads --aggregator ${address} ${trust}`), /client/);
  const page = `curl -s --cacert ~/ca.crt --connect-to weir-aggregator:443:${aggregator}:${ports.http} https://weir-aggregator/`;
  t.match(await within(client, page), /<script type="module"/);
  t.match(await within(prometheus, `curl -s http://${aggregator}:${ports.metrics}/metrics`), /^weir_build_info\{/m);

  await upgrade('--set networkPolicy.enabled=false');
  t.strictSame(await reached(), everybody, 'without the policy all get through');
  t.strictSame(await sent(), { toDns: true, toApi: true, toStranger: true });
  t.strictSame(kubelet.problems, []);
});
