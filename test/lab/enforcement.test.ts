import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import tap from 'tap';
import { edgeKey } from '../../core/edge.ts';
import type { NetworkPolicy } from '../../core/kubernetes.ts';
import { parseManifests } from '../../core/manifest.ts';
import type { LabPod } from '../../lab/cluster.ts';
import { Lab } from '../../lab/lab.ts';
import { inPod } from '../../lab/pod-environment.ts';
import { inNetns, runProbes } from '../../lab/probes.ts';
import type { ProbeConfig } from '../../lab/servers/probe-config.ts';
import type { WorkloadSpec } from '../../lab/workload-spec.ts';
import { policy } from './policies.ts';
import { whyNoLab } from './privileged.ts';

const bare = {
  kind: 'Pod',
  replicas: 1,
  image: 'registry.example.net/judge:1',
  ports: [],
  program: { type: 'service' },
  calls: [],
  resolver: null,
} as const satisfies Partial<WorkloadSpec>;

const tcp = (name: string, port: number) => ({ name, port, protocol: 'TCP' }) as const;

/** The ports of the server, in the order in which the cases name what gets through: 0 is none of its listeners. */
const serverPorts = [tcp('http', 8080), tcp('admin', 8081), tcp('metrics', 8083)] as const;
const quotePort = { name: 'quotes', port: 7000, protocol: 'UDP' } as const;

/** What reaches the server from a client: its TCP ports and its UDP port, as a set of port numbers. */
type Reached = readonly number[];
const everything: Reached = [8080, 8081, 8083, 7000];

interface Case {
  readonly name: string;
  readonly policies: readonly NetworkPolicy[];
  /** From the client in the server's own namespace, and from the one in another. */
  readonly near: Reached;
  readonly far: Reached;
}

const server = { matchLabels: { role: 'server' } };
const client = { matchLabels: { role: 'client' } };
const ingress = (rule: NonNullable<NetworkPolicy['spec']['ingress']>) =>
  policy('shop', 'judged', { podSelector: server, policyTypes: ['Ingress'], ingress: rule });
const egress = (rule: NonNullable<NetworkPolicy['spec']['egress']>) =>
  policy('shop', 'judged', { podSelector: client, policyTypes: ['Egress'], egress: rule });

function casesFor(farAddress: string, serverAddress: string): readonly Case[] {
  return [
    { name: 'no policy', policies: [], near: everything, far: everything },
    {
      name: 'a default deny of ingress',
      policies: [policy('shop', 'deny', { podSelector: {} })],
      near: [],
      far: [],
    },
    {
      name: 'a policy in another namespace',
      policies: [policy('data', 'deny', { podSelector: {}, policyTypes: ['Ingress'] })],
      near: everything,
      far: everything,
    },
    {
      name: 'a podSelector, which means the own namespace, and a named port',
      policies: [ingress([{ from: [{ podSelector: client }], ports: [{ port: 'http' }] }])],
      near: [8080],
      far: [],
    },
    {
      name: 'a namespaceSelector',
      policies: [ingress([{ from: [{ namespaceSelector: { matchLabels: { team: 'platform' } } }] }])],
      near: [],
      far: everything,
    },
    {
      name: 'both selectors in one peer',
      policies: [
        ingress([
          { from: [{ namespaceSelector: { matchLabels: { team: 'platform' } }, podSelector: server }] },
          {
            from: [
              {
                namespaceSelector: {},
                podSelector: { matchExpressions: [{ key: 'absent', operator: 'In', values: ['x'] }] },
              },
            ],
          },
        ]),
      ],
      near: [],
      far: [],
    },
    {
      name: 'both selectors in two peers',
      policies: [
        ingress([{ from: [{ namespaceSelector: { matchLabels: { team: 'platform' } } }, { podSelector: client }] }]),
      ],
      near: everything,
      far: everything,
    },
    {
      name: 'NotIn on a key that the pod does not have',
      policies: [
        ingress([
          { from: [{ podSelector: { matchExpressions: [{ key: 'absent', operator: 'NotIn', values: ['x'] }] } }] },
        ]),
      ],
      near: everything,
      far: [],
    },
    {
      name: 'an ipBlock with an exception',
      policies: [
        ingress([
          { from: [{ ipBlock: { cidr: '10.244.0.0/16', except: [`${farAddress}/32`] } }], ports: [{ port: 8081 }] },
        ]),
      ],
      near: [8081],
      far: [],
    },
    {
      name: 'a range of ports from everywhere',
      policies: [ingress([{ ports: [{ port: 8081, endPort: 8083 }] }])],
      near: [8081, 8083],
      far: [8081, 8083],
    },
    {
      name: 'every port of one protocol',
      policies: [ingress([{ ports: [{ protocol: 'UDP' }] }])],
      near: [7000],
      far: [7000],
    },
    {
      name: 'a port number under the wrong protocol',
      policies: [ingress([{ ports: [{ port: 8080, protocol: 'UDP' }, { port: 7000 }] }])],
      near: [],
      far: [],
    },
    {
      name: 'egress to a port that only the destination can name',
      policies: [
        egress([{ to: [{ podSelector: server }], ports: [{ port: 'admin' }, { port: 'quotes', protocol: 'UDP' }] }]),
      ],
      near: [8081, 7000],
      far: everything,
    },
    {
      name: 'egress to an ipBlock',
      policies: [egress([{ to: [{ ipBlock: { cidr: `${serverAddress}/32` } }], ports: [{ port: 8083 }] }])],
      near: [8083],
      far: everything,
    },
    {
      name: 'egress that is allowed and ingress that is not',
      policies: [egress([{}]), policy('shop', 'also', { podSelector: server, ingress: [{ ports: [{ port: 8081 }] }] })],
      near: [8081],
      far: [8081],
    },
    {
      name: 'two policies, which allow what either allows',
      policies: [
        ingress([{ from: [{ podSelector: client }], ports: [{ port: 8080 }] }]),
        policy('shop', 'second', { podSelector: server, ingress: [{ ports: [{ port: 8083 }] }] }),
      ],
      near: [8080, 8083],
      far: [8083],
    },
  ];
}

/** Opens a connection inside a pod and prints a line for every answer on it. */
const talker = `const socket = require('net').connect(Number(process.argv[2]), process.argv[1], () =>
  setInterval(() => socket.write('PING\\r\\n'), 50));
socket.on('data', () => console.log('answer'));`;

tap.setTimeout(180_000);

await tap.test('the lab enforces policies in the kernel', { skip: whyNoLab() }, async (suite) => {
  const lab = await Lab.start({ name: 'enforcement' });
  suite.teardown(() => lab.stop());
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

  for (const { name, policies, near: fromNear, far: fromFar } of casesFor(far.address, target.address)) {
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
});
