import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { LabPod } from '../../lab/cluster.ts';
import { inPod } from '../../lab/pod-environment.ts';
import { linksOf, namesOf, onNode, podsOn, tryCni } from './cni.ts';

const redisService = '10.96.30.10';
const talker = `require('net').connect(6379, '${redisService}', function () { console.log(this.remoteAddress); })`;

await tryCni('cilium', async (t, lab) => {
  for (const node of lab.nodes) {
    const pods = podsOn(lab, node);
    const links = linksOf(node);
    const nameOf = ({ sandbox }: LabPod) =>
      `lxc${createHash('sha256').update(`${sandbox}:eth0`).digest('hex').slice(0, 12)}`;
    t.strictSame(namesOf(links), [...pods.map(nameOf), 'cilium_host', 'cilium_net', 'eth0', 'lxc_health'].toSorted());
    const state = `${lab.agentFlags(node)['cilium']}/state`;
    const stored = readdirSync(state).map((id) => JSON.parse(readFileSync(`${state}/${id}/ep_config.json`, 'utf8')));
    t.strictSame(
      new Set(
        stored.map(({ IfName, IfIndex, K8sPodName, K8sNamespace }) =>
          [IfName, IfIndex, K8sPodName, K8sNamespace].join(),
        ),
      ),
      new Set(pods.map((pod) => [nameOf(pod), links.get(nameOf(pod))?.ifindex, pod.name, pod.namespace].join())),
    );
    t.match(onNode(node, 'tc', 'filter', 'show', 'dev', pods[0]?.interface ?? '', 'ingress'), /from_container/);
  }

  const client = lab.pods.find(({ workload }) => workload.name === 'loadgenerator') as LabPod;
  const redis = lab.pods.find(({ name }) => name === 'redis-0') as LabPod;
  const [file, ...argv] = inPod(client, [process.execPath, '-e', talker]) as [string, ...string[]];
  const talk = spawn(file, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => talk.kill('SIGKILL'));
  const [said] = (await once(talk.stdout, 'data')) as [Buffer];
  t.equal(said.toString().trim(), redisService, 'a program is told that it talks to the Service');
  const sockets = onNode(client, 'ss', '-Htn', 'dport', '=', ':6379');
  t.match(sockets, `${redis.address}:6379`, "and its socket has the backend's address");
  t.notMatch(sockets, redisService);
});
