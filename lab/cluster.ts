import { WeirError } from '../core/errors.ts';
import type { NetworkPolicy } from '../core/kubernetes.ts';
import { podCgroup } from './cgroups.ts';
import { netnsPrefix, sandboxOf, suffixOf } from './names.ts';
import type { Topology, WorkloadSpec } from './workload-spec.ts';

/** Every pod's address lies in here; each node has a /24 of it. */
export const podCidr = '10.244.0.0/16';
export const serviceCidr = '10.96.0.0/16';

export interface LabNode {
  readonly name: string;
  readonly uid: string;
  readonly address: string;
  readonly podCidr: string;
  /** First address of podCidr that is no network's: the pods' way out. */
  readonly podGateway: string;
  /** The one behind it, for what a CNI itself has in the pods' network. */
  readonly infrastructureAddress: string;
  /** Name of its network namespace, and the file that stands for it. */
  readonly netns: string;
  readonly netnsPath: string;
  /** The node's own files. */
  readonly dir: string;
  /** Where the node keeps what would be in /var/lib/cni/results, and in /etc/cni/net.d. */
  readonly cniResultsDir: string;
  readonly cniConfDir: string;
}

/** What CNIs make the names of interfaces from. */
export interface PodNames {
  readonly namespace: string;
  readonly name: string;
  readonly sandbox: string;
}

export interface LabPod extends PodNames {
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly workload: WorkloadSpec;
  readonly node: string;
  readonly address: string;
  /** Its interface on the node. */
  readonly interface: string;
  readonly netns: string;
  readonly netnsPath: string;
  readonly createdAt: Date;
  /** Its cgroup; null where the machine has none of version 2. */
  readonly cgroup: string | null;
  /** Its files: configuration, data, log. */
  readonly dir: string;
}

export interface ClusterOptions {
  readonly lab: string;
  readonly stateDir: string;
  readonly nodes: readonly string[];
  readonly topology: Topology;
  /** The CNI's name for a pod's interface on its node. */
  readonly interfaceOf: (pod: PodNames) => string;
  readonly now: () => Date;
  readonly newUid: () => string;
}

/** What the cluster consists of at the moment, without any of it being built: names, addresses, owners. */
export class Cluster {
  readonly topology: Topology;
  readonly nodes: readonly LabNode[];
  readonly createdAt: Date;
  readonly #options: ClusterOptions;
  readonly #pods: LabPod[] = [];
  readonly #uids = new Map<string, string>();
  readonly #addressesGiven = new Map<string, number>();
  #policies: readonly NetworkPolicy[] = [];

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.topology = options.topology;
    this.createdAt = options.now();
    this.nodes = options.nodes.map((name, index) => {
      const netns = `${netnsPrefix(options.lab)}${name}`;
      const dir = `${options.stateDir}/nodes/${name}`;
      return {
        name,
        uid: this.uidOf('Node', '', name),
        address: `172.30.0.${11 + index}`,
        podCidr: `10.244.${index + 1}.0/24`,
        podGateway: `10.244.${index + 1}.1`,
        infrastructureAddress: `10.244.${index + 1}.2`,
        netns,
        netnsPath: `/run/netns/${netns}`,
        dir,
        cniResultsDir: `${dir}/cni/results`,
        cniConfDir: `${dir}/cni/net.d`,
      };
    });
    for (const [index, workload] of options.topology.workloads.entries()) this.place(workload, index);
  }

  get pods(): readonly LabPod[] {
    return this.#pods;
  }

  get policies(): readonly NetworkPolicy[] {
    return this.#policies;
  }

  setPolicies(policies: readonly NetworkPolicy[]): void {
    this.#policies = policies;
  }

  podsOf(workload: WorkloadSpec): LabPod[] {
    return this.#pods.filter((pod) => pod.workload === workload);
  }

  node(name: string): LabNode {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined) throw new WeirError('LAB', `there is no node ${name}`);
    return found;
  }

  /** The UID of an object, made up when it is first asked for. */
  uidOf(kind: string, namespace: string, name: string): string {
    const key = `${kind}/${namespace}/${name}`;
    let uid = this.#uids.get(key);
    if (uid === undefined) {
      uid = this.#options.newUid();
      this.#uids.set(key, uid);
    }
    return uid;
  }

  /** The hash that a Deployment puts in the names and labels of its pods. */
  templateHash(workload: WorkloadSpec): string {
    return suffixOf(JSON.stringify([workload.image, workload.labels, workload.ports]), 10);
  }

  /** The Job that the CronJob has made last: named by the minute it was due. */
  jobName(workload: WorkloadSpec): string {
    return `${workload.name}-${Math.floor(this.createdAt.getTime() / 60_000)}`;
  }

  /** Adds the pods of a workload, spread over the nodes from the given offset. */
  place(workload: WorkloadSpec, offset: number): LabPod[] {
    const count = workload.kind === 'DaemonSet' ? this.nodes.length : workload.replicas;
    const placed = Array.from({ length: count }, (_, index) => {
      const node = this.nodes[(offset + index) % this.nodes.length] as LabNode;
      return this.#newPod(workload, index, node);
    });
    this.#pods.push(...placed);
    return placed;
  }

  #newPod(workload: WorkloadSpec, index: number, node: LabNode): LabPod {
    const { namespace } = workload;
    const uid = this.#options.newUid();
    const { name, labels } = this.#identity(workload, index, suffixOf(uid, 5));
    if (this.#pods.some((pod) => pod.namespace === namespace && pod.name === name)) {
      throw new WeirError('LAB', `there is already a pod ${namespace}/${name}; choose another name`);
    }
    const netns = `${netnsPrefix(this.#options.lab)}${namespace}.${name}`;
    const sandbox = sandboxOf(uid);
    return {
      namespace,
      name,
      uid,
      labels: { ...workload.labels, ...labels },
      workload,
      node: node.name,
      address: this.#nextAddress(node),
      interface: this.#options.interfaceOf({ namespace, name, sandbox }),
      netns,
      netnsPath: `/run/netns/${netns}`,
      sandbox,
      cgroup: podCgroup(this.#options.lab, node.name, uid, sandbox),
      createdAt: this.#options.now(),
      dir: `${this.#options.stateDir}/pods/${namespace}.${name}`,
    };
  }

  #nextAddress(node: LabNode): string {
    const last = this.#addressesGiven.get(node.name) ?? 2;
    if (last >= 254) throw new WeirError('LAB', `node ${node.name} has no address left in ${node.podCidr}`);
    this.#addressesGiven.set(node.name, last + 1);
    return node.podCidr.replace(/0\/24$/, String(last + 1));
  }

  /** Name and additional labels as the workload's controller gives them. */
  #identity(workload: WorkloadSpec, index: number, suffix: string): Pick<LabPod, 'name' | 'labels'> {
    const { kind, name } = workload;
    const hash = this.templateHash(workload);
    switch (kind) {
      case 'Deployment':
        return { name: `${name}-${hash}-${suffix}`, labels: { 'pod-template-hash': hash } };
      case 'DaemonSet':
        return {
          name: `${name}-${suffix}`,
          labels: { 'controller-revision-hash': hash, 'pod-template-generation': '1' },
        };
      case 'StatefulSet':
        return {
          name: `${name}-${index}`,
          labels: {
            'apps.kubernetes.io/pod-index': String(index),
            'controller-revision-hash': `${name}-${hash}`,
            'statefulset.kubernetes.io/pod-name': `${name}-${index}`,
          },
        };
      case 'CronJob': {
        const job = this.jobName(workload);
        return { name: `${job}-${suffix}`, labels: this.jobLabels(workload.namespace, job) };
      }
      case 'Pod':
        return { name, labels: {} };
    }
  }

  /** The labels by which a Job finds its pods. */
  jobLabels(namespace: string, job: string): Readonly<Record<string, string>> {
    const uid = this.uidOf('Job', namespace, job);
    return {
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': job,
      'controller-uid': uid,
      'job-name': job,
    };
  }
}
