import { mkdir, writeFile } from 'node:fs/promises';
import type { LabPod } from './cluster.ts';
import { dnsServiceIp } from './topology-system.ts';

/** Gives a pod its directory with the /etc files that its processes see in place of the machine's. */
export async function writePodEnvironment(pod: LabPod): Promise<void> {
  const search = [`${pod.namespace}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local'];
  const options = ['ndots:5', 'timeout:1', 'attempts:2', ...(pod.workload.resolver === 'TCP' ? ['use-vc'] : [])];
  const files = {
    'resolv.conf': `nameserver ${dnsServiceIp}\nsearch ${search.join(' ')}\noptions ${options.join(' ')}\n`,
    hosts: `127.0.0.1 localhost\n${pod.address} ${pod.name}\n`,
    // Only files and DNS: a resolver daemon of the machine would answer from outside the pod.
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  };
  await mkdir(`${pod.dir}/etc`, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(`${pod.dir}/etc/${name}`, text);
}

/** The command line that runs a program inside a pod: its network, its cgroup, its host name and its /etc files. */
export function inPod(pod: LabPod, argv: readonly string[]): string[] {
  const script = `[ -z "$3" ] || echo $$ >"$3/cgroup.procs"
for file in resolv.conf hosts nsswitch.conf; do mount --bind "$1/etc/$file" "/etc/$file"; done
hostname "$2"
shift 3
exec "$@"`;
  const enter = ['nsenter', `--net=${pod.netnsPath}`, 'unshare', '--mount', '--uts'];
  return [...enter, 'sh', '-ec', script, 'pod', pod.dir, pod.name, pod.cgroup ?? '', ...argv];
}
