import t from 'tap';
import { apiResources } from '../../aggregator/kube/api-resources.ts';
import { type KubeObject, render, whyNoHelm } from './helm.ts';
import { valueSets } from './value-sets.ts';

const skip = whyNoHelm();

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Container {
  readonly args: readonly string[];
  readonly securityContext: Readonly<Record<string, unknown>> & {
    readonly capabilities?: { readonly drop: readonly string[]; readonly add?: readonly string[] };
  };
  readonly volumeMounts: readonly { readonly name: string; readonly readOnly?: boolean }[];
}

interface PodSpec {
  readonly containers: readonly [Container];
  readonly volumes: readonly { readonly name: string; readonly secret?: object; readonly hostPath?: object }[];
  readonly [field: string]: unknown;
}

async function rendered(values: object = {}) {
  const objects = await render('kube-1.36', values);
  const find = (kind: string, name: string) =>
    objects.find((object) => object.kind === kind && object.metadata.name.endsWith(name)) as KubeObject;
  const podOf = (kind: string, name: string) =>
    (find(kind, name)['spec'] as { template: { spec: PodSpec } }).template.spec;
  return { objects, find, podOf };
}

function grantsOf(role: KubeObject): string[] {
  const rules = role['rules'] as readonly Rule[];
  return rules
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`)),
      ),
    )
    .toSorted();
}

t.test('the aggregator may list and watch what it watches, ask for reviews, and nothing else', { skip }, async (t) => {
  const { find } = await rendered();
  const watched = apiResources.flatMap(({ path, name }) => {
    const group = path.startsWith('/api/') ? '' : (path.split('/')[2] ?? '');
    return ['list', 'watch'].map((verb) => `${verb} ${name.split('.')[0]}.${group}`);
  });
  const reviews = ['create tokenreviews.authentication.k8s.io', 'create subjectaccessreviews.authorization.k8s.io'];
  t.strictSame(grantsOf(find('ClusterRole', '-aggregator')), [...watched, ...reviews].toSorted());
});

t.test('the agent may list and watch pods, and nothing else', { skip }, async (t) => {
  const { find, objects } = await rendered();
  t.strictSame(grantsOf(find('ClusterRole', '-agent')), ['list pods.', 'watch pods.']);
  t.strictSame(
    objects.filter(({ kind }) => kind === 'Role' || kind === 'RoleBinding'),
    [],
  );
});

t.test('the aggregator runs without any privilege', { skip }, async (t) => {
  const { podOf } = await rendered();
  const pod = podOf('StatefulSet', '-aggregator');
  t.match(pod, { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } });
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) t.equal(pod[field], undefined, field);
  t.strictSame(pod.containers[0].securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  t.strictSame(
    pod.volumes.filter(({ hostPath }) => hostPath !== undefined),
    [],
  );
});

t.test(
  'the agent has named capabilities, a root that cannot be written, and no secret of the aggregator',
  { skip },
  async (t) => {
    const { podOf } = await rendered();
    const pod = podOf('DaemonSet', '-agent');
    t.match(pod['securityContext'], { seccompProfile: { type: 'RuntimeDefault' } });
    const [{ securityContext, volumeMounts }] = pod.containers;
    t.match(securityContext, { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
    t.equal(securityContext['privileged'], undefined);
    t.strictSame(securityContext.capabilities, {
      drop: ['ALL'],
      add: ['BPF', 'PERFMON', 'NET_ADMIN'],
    });
    t.strictSame(
      pod.volumes.filter(({ secret }) => secret !== undefined),
      [],
    );
    const written = volumeMounts.filter(({ readOnly }) => readOnly !== true).map(({ name }) => name);
    t.strictSame(written, ['bpf', 'spool'], 'only its pins and its spool can be written on the node');
  },
);

t.test('what gives the agent more power is there only where it was asked for', { skip }, async (t) => {
  const more = (await rendered(valueSets['every socket of the node'])).podOf('DaemonSet', '-agent');
  t.ok(more.containers[0].securityContext.capabilities?.add?.includes('DAC_OVERRIDE'));
  t.ok(more.volumes.some(({ name }) => name === 'cri'));
  const least = (await rendered()).podOf('DaemonSet', '-agent');
  t.notOk(least.volumes.some(({ name }) => ['cri', 'ovsdb', 'cilium'].includes(name)));
  const all = (await rendered(valueSets['privileged agents'])).podOf('DaemonSet', '-agent');
  t.match(all.containers[0].securityContext, { privileged: true });
});
