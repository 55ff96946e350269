import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { edgeKey } from '../../core/edge.ts';
import { parseManifests } from '../../core/manifest.ts';
import type { LabPod } from '../../lab/cluster.ts';
import type { Lab } from '../../lab/lab.ts';
import { inPod } from '../../lab/pod-environment.ts';
import { inNetns, runProbes } from '../../lab/probes.ts';
import type { ProbeConfig } from '../../lab/servers/probe-config.ts';
import type { WorkloadSpec } from '../../lab/workload-spec.ts';
import { policy } from './policies.ts';
import {
  bare,
  client,
  everything,
  ingress,
  policyCases,
  quotePort,
  type Reached,
  serverPorts,
} from './policy-cases.ts';

/** Opens a connection inside a pod and prints a line for every answer on it. */
const talker = `const socket = require('net').connect(Number(process.argv[2]), process.argv[1], () =>
  setInterval(() => socket.write('PING\\r\\n'), 50));
socket.on('data', () => console.log('answer'));`;

/** Tries whether a lab's enforcement judges as the API describes policies. Leaves policies behind. */
export async function tryEnforcement(suite: Test, lab: Lab): Promise<void> {
  const add = async (spec: Partial<WorkloadSpec> & Pick<WorkloadSpec, 'namespace' | 'name' | 'labels'>) =>
    (await lab.addPod({ ...bare, ...spec }))[0] as LabPod;
  const target = await add({
    namespace: 'shop',
    name: 'judge-server',
    labels: { role: 'server' },
    ports: [...serverPorts, quotePort],
  });
  const near = await add({ namespace: 'shop', name: 'judge-near', labels: { role: 'client' } });
  const far = await add({ namespace: 'data', name: 'judge-far', labels: { role: 'client' } });

  const probes: ProbeConfig[] = [
    ...serverPorts.map(({ port }) => ({ kind: 'tcp', host: target.address, port, source: null }) as const),
    { kind: 'quote', host: target.address, port: quotePort.port },
  ];
  const reachedFrom = async (pod: LabPod): Promise<Reached> => {
    const results = await lab.attempt(pod, probes, 500);
    return everything.filter((_, index) => results[index] === null);
  };

  for (const { name, policies, near: fromNear, far: fromFar } of policyCases(far.address, target.address)) {
    await suite.test(`it judges rightly: ${name}`, async (t) => {
      await lab.enforce(policies);
      const [nearReached, farReached] = await Promise.all([reachedFrom(near), reachedFrom(far)]);
      t.strictSame(nearReached, fromNear, 'from the same namespace');
      t.strictSame(farReached, fromFar, 'from another namespace');
    });
  }

  await suite.test('a node always reaches its own pods', async (t) => {
    await lab.enforce([policy('shop', 'deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] })]);
    const node = lab.nodes.find(({ name }) => name === target.node);
    const netns = node?.netnsPath as string;
    const results = await runProbes((argv) => inNetns(netns, argv), { probes, timeoutMs: 500, retryMs: 0 });
    t.strictSame(results, [null, null, null, null]);
  });

  await suite.test('policies that are enforced stand in the manifests as they were given', async (t) => {
    const given = ingress([{ from: [{ podSelector: client }], ports: [{ port: 8080, endPort: 8090 }] }]);
    await lab.enforce([given]);
    const file = `${lab.manifestsDir}/shop-networkpolicies.yaml`;
    const { objects, problems } = parseManifests(await readFile(file, 'utf8'), file);
    t.strictSame(problems, []);
    t.match(objects[0]?.object, {
      kind: 'NetworkPolicy',
      metadata: { name: 'judged', namespace: 'shop' },
      spec: given.spec,
    });
    await lab.unenforce();
    await t.rejects(readFile(file), 'and leave them when they are lifted');
  });

  await suite.test('a connection that is open already is cut', async (t) => {
    const redis = lab.pods.find(({ name }) => name === 'redis-0') as LabPod;
    const [file, ...argv] = inPod(near, [process.execPath, '-e', talker, redis.address, '6379']) as [
      string,
      ...string[],
    ];
    const talk = spawn(file, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    t.teardown(() => talk.kill('SIGKILL'));
    let answers = 0;
    talk.stdout.on('data', () => answers++);
    await once(talk.stdout, 'data');
    await lab.enforce([policy('data', 'deny', { podSelector: {} })]);
    // What was under way when the rules came may still arrive.
    await sleep(200);
    const before = answers;
    await sleep(500);
    t.equal(answers, before, 'no answer comes any more');
    await lab.unenforce();
    await once(talk.stdout, 'data');
    t.pass('and the answers go on when the policy is lifted');
  });

  await suite.test('the check of the expected edges tells which of them are cut', async (t) => {
    const currency = { matchLabels: { 'app.kubernetes.io/name': 'currency' } };
    await lab.enforce([policy('shop', 'deny', { podSelector: currency, policyTypes: ['Ingress'] })]);
    const { ok, failed } = await lab.checkLegitimate();
    const edges = lab.expectedEdges().map(({ id }) => id);
    const toCurrency = edges.filter(({ port, protocol }) => protocol === 'UDP' && port === 7000);
    t.strictSame(new Set(failed.map(({ edge }) => edge)), new Set(toCurrency.map(edgeKey)));
    t.ok(ok > edges.length, `${ok} attempts over the others went through`);
  });
}
