import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import tap from 'tap';
import { rulesOf } from '../../lab/kube-api/rbac.ts';
import { whyNoKernel } from '../agent/node-fixture.ts';
import { backUp, restore } from './copies.ts';
import { chart, toolFolders, whyNoHelm } from './helm.ts';
import { startNodeCluster } from './node-cluster.ts';
import { PodTraffic, trafficPort } from './pod-traffic.ts';

/*
 * What helm installed is run: the pods of the API's objects become real processes, with the arguments, volumes and
 * privileges that stand there, and helm waits until their probes say that they are ready.
 */

const skip = whyNoHelm() || whyNoKernel();
const [three, four] = toolFolders;
const account = 'apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: operator, namespace: shop }\n';
const pollMs = 100;

// Two waits of up to ten seconds are in it, for certificates and for a connection that is tried again.
tap.setTimeout(180_000);

interface Edge {
  readonly client: { readonly name?: string };
  readonly port: number;
  readonly merged: { readonly counters: { readonly established: number } };
}

tap.test('what is installed runs, sees, and goes on over upgrades and new certificates', { skip }, async (t) => {
  const { node, cluster, kubelet, logs } = await startNodeCluster(t);
  const { api } = cluster;
  const traffic = await PodTraffic.start(node, kubelet);

  const install = `helm install weir ${chart} --namespace weir --create-namespace --wait --timeout 90s`;
  await cluster.must(`${install} --set cluster=production --set agent.window=500ms`, three);
  t.strictSame(kubelet.problems, []);

  await cluster.must(`kubectl apply -f - <<'END'\n${account}END`);
  const bind = 'kubectl create clusterrolebinding operators --clusterrole=weir-viewer';
  await cluster.must(`${bind} --serviceaccount=shop:operator`);
  await cluster.must(
    'kubectl create clusterrolebinding editors --clusterrole=weir-editor --serviceaccount=shop:operator',
  );
  await cluster.must('kubectl create token operator --namespace shop > ~/token');
  const takeAuthority = () =>
    cluster.must("kubectl get configmap weir-authority --namespace weir -o jsonpath='{.data.ca\\.crt}' > ~/ca.crt");
  await takeAuthority();
  const weir = async (words: string) => {
    const aggregator = `--aggregator ${kubelet.addressOf('weir/weir-aggregator-0')}:7280`;
    const trust = '--tls-ca ~/ca.crt --tls-server-name weir-aggregator --token-file ~/token';
    return await cluster.must(`weir ${words} ${aggregator} ${trust}`);
  };
  const seen = async () => {
    const edges = JSON.parse(await weir('flows --output json')) as Edge[];
    return edges.find(({ port }) => port === trafficPort)?.merged.counters.established ?? 0;
  };
  const untilSeen = async (what: string, lost = 0) => {
    const deadline = Date.now() + 20_000;
    while ((await seen()) < traffic.made - lost && Date.now() < deadline) await sleep(pollMs);
    t.equal(await seen(), traffic.made - lost, what);
  };

  const status = await weir('status --output wide');
  t.match(status, /\b3\/3\b/, 'each interface has the name of its pod');
  t.notMatch(status, / is off: /, 'its capabilities are enough for every feature');
  const capabilities = /^CapPrm:\s*(\S+)$/m.exec(
    readFileSync(`/proc/${kubelet.pidOf('weir/weir-agent-n1')}/status`, 'utf8'),
  );
  // Bits 12, 38 and 39 of linux/capability.h: NET_ADMIN, PERFMON, BPF.
  t.equal(BigInt(`0x${capabilities?.[1]}`), (1n << 12n) | (1n << 38n) | (1n << 39n), 'and it has no other');
  await traffic.connect(3);
  await untilSeen('after the installation');

  const upgrade = `helm upgrade weir ${chart} --namespace weir --reset-then-reuse-values --wait --timeout 90s`;
  // The aggregator begins anew with another certificate, while the agent runs on and has to find its authority.
  await cluster.must(`${upgrade} --set certificates.helm.renewDaysBefore=366 --set aggregator.keep=15s=2h`, four);
  await traffic.connect(3);
  const secret = JSON.parse(await cluster.must('kubectl get secret weir-aggregator-tls --namespace weir -o json')) as {
    readonly data: Readonly<Record<string, string>>;
  };
  const wanted = new X509Certificate(Buffer.from(secret.data['tls.crt'] ?? '', 'base64')).fingerprint256;
  const show = `openssl s_client -connect ${kubelet.addressOf('weir/weir-aggregator-0')}:7280 < /dev/null 2> /dev/null`;
  t.match(await cluster.must(`${show} | openssl x509 -noout -fingerprint -sha256`), wanted);
  await takeAuthority();
  await untilSeen('with another certificate');

  await cluster.must(`${upgrade} --set certificates.helm.renewDaysBefore=90 --set agent.logLevel=debug`, four);
  await traffic.connect(3);
  await untilSeen('after a new agent');
  t.match(logs.get('weir/weir-agent-n1'), /"level":20/, 'which says more');
  t.strictSame(kubelet.problems, []);

  const id = 'weir/weir-aggregator-0';
  kubelet.livenessSecondMs = 10;
  process.kill(kubelet.pidOf(id), 'SIGSTOP');
  await traffic.connect(3);
  await kubelet.ended(id);
  kubelet.livenessSecondMs = 1000;
  t.match(logs.get(id), /failed its liveness probe 6 times and has 5 s to end/);
  await kubelet.ready();
  const restarts =
    "kubectl get pod weir-aggregator-0 --namespace weir -o jsonpath='{.status.containerStatuses[0].restartCount}'";
  t.equal(await cluster.must(restarts), '1', 'one that hangs is started again');
  await untilSeen('after an aggregator that hung');

  await weir('alias set office 203.0.113.0/24');
  await backUp(cluster);
  const copied = traffic.made;
  await weir('alias set lab 198.51.100.0/24');
  await traffic.connect(3);
  await untilSeen('after the copy');
  await restore(cluster);
  await kubelet.ready();
  const aliases = await weir('alias list');
  t.ok(/office/.test(aliases) && !/lab/.test(aliases), 'what was copied is there again, and nothing else');
  const restored = await seen();
  t.ok(restored >= copied, `${restored} connections, of ${copied} in the copy and ${traffic.made} before`);
  // Agents keep nothing of what was acknowledged.
  const lost = traffic.made - restored;
  await traffic.connect(3);
  await untilSeen('after the restore', lost);
  t.strictSame(kubelet.problems, []);

  for (const name of ['agent', 'aggregator']) {
    const username = `system:serviceaccount:weir:weir-${name}`;
    const asked = api.gate.audit.filter(({ user }) => user === username);
    t.strictSame(
      asked.filter(({ allowed }) => !allowed),
      [],
      `the ${name} is refused nothing`,
    );
    const granted = rulesOf(api.store, { username, groups: [] }, null).flatMap(({ verbs, apiGroups, resources }) =>
      verbs.flatMap((verb) =>
        apiGroups?.flatMap((group) => resources?.map((resource) => `${verb} ${resource}.${group}`)),
      ),
    );
    const used = new Set(asked.map(({ verb, resource, group }) => `${verb} ${resource}.${group}`));
    t.strictSame(new Set(granted), used, 'and has used every right that it has');
  }
  const may = async (verb: string, what: string) =>
    await cluster.sh(`kubectl auth can-i ${verb} ${what} --all-namespaces --as system:serviceaccount:weir:weir-agent`);
  t.match(await may('watch', 'pods'), { status: 0, stdout: /^yes/ });
  t.match(await may('list', 'secrets'), { status: 1, stdout: /^no/ });

  await cluster.must('helm uninstall weir --namespace weir');
  await kubelet.settled();
  t.strictSame(
    api.store.all().filter(({ kind, metadata }) => kind === 'Pod' && metadata.namespace === 'weir'),
    [],
    'no pod is left',
  );
});
