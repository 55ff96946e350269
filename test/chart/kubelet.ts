import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container as ContainerSpec, Probe } from 'kubernetes-types/core/v1.js';
import type { StoredChange, StoredObject } from '../../lab/kube-api/object-store.ts';
import type { KubeApi } from '../../lab/kube-api/server.ts';
import type { TestNode } from '../agent/node-fixture.ts';
import type { TestPod } from '../agent/pod-wiring.ts';
import { Container, type Mount } from './container.ts';
import { makeVolume, type PodPlace } from './kubelet-volumes.ts';
import { schemaFaults } from './kubernetes-types.ts';
import { environmentOf, hostsFile } from './pod-environment.ts';
import {
  isObserved,
  nodeName,
  podIdOf,
  podNameOf,
  type PodObject,
  podOf,
  readyStatusOf,
  samePods,
} from './workload-pods.ts';

/** Probes are asked this often, whatever their period: nobody waits for longer than it takes. */
const probeEveryMs = 100;
const patienceMs = 60_000;
const restartAfterMs = 300;

/** Of another name each time: what a pod that is gone had may be there for a while. */
const wiring = { named: false, interface: (containerId: string) => `cali${containerId.slice(0, 11)}` };

interface Running {
  readonly workload: StoredObject;
  readonly object: PodObject;
  /** Null on the network of the node. */
  readonly wired: TestPod | null;
  readonly place: PodPlace;
  readonly mounts: readonly Mount[];
  container: Container;
  becomesReady: Promise<void>;
  ready: boolean;
  stopping: boolean;
}

/**
 * What controllers and a kubelet make of the DaemonSets and StatefulSets of a cluster: pods that run as real processes,
 * with the volumes, the environment, the privileges and the probes that are written there. Each has one container.
 */
export class Kubelet {
  readonly #api: KubeApi;
  readonly #node: TestNode;
  readonly #pods = new Map<string, Running>();
  readonly #unfollow: () => void;
  /** What every container has as /etc/hosts, changed while they run. */
  readonly #hostsFile: string;
  #work: Promise<void> = Promise.resolve();
  /** What went wrong, if anything did. */
  readonly problems: string[] = [];
  /** What the containers of each pod have said, by `namespace/name`. */
  readonly logs: Map<string, string>;

  constructor(api: KubeApi, node: TestNode, logs: Map<string, string>) {
    this.#api = api;
    this.#node = node;
    this.logs = logs;
    mkdirSync(node.pins, { recursive: true });
    this.#hostsFile = join(node.folder, 'hosts');
    writeFileSync(this.#hostsFile, hostsFile(api));
    const addresses = [{ type: 'InternalIP', address: node.address }];
    api.store.set({ apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName }, status: { addresses } });
    this.#unfollow = api.store.onChange((change) => this.#follow(change));
  }

  /** A pod of somebody else that has an interface, and runs what the test runs in it. */
  addPod(namespace: string, name: string): TestPod {
    const pod = this.#node.addPod(name, wiring);
    const uid = `uid-${name}`;
    const metadata = { name, namespace, uid, labels: { app: name } };
    const status = { phase: 'Running', podIP: pod.address, podIPs: [{ ip: pod.address }] };
    const spec = { nodeName, containers: [{ name, image: name }] };
    this.#api.store.set({ apiVersion: 'v1', kind: 'Pod', metadata, spec, status });
    this.#noteInterface(pod, namespace, name, uid);
    return pod;
  }

  /** Where a pod is. @throws Error when there is none */
  addressOf(id: string): string {
    return (this.#pod(id).wired ?? this.#node).address;
  }

  /** The process of a pod's container. @throws Error when there is none */
  pidOf(id: string): number {
    return this.#pod(id).container.pid;
  }

  #pod(id: string): Running {
    const pod = this.#pods.get(id);
    if (pod === undefined) throw new Error(`${id} does not run`);
    return pod;
  }

  /** Resolves when all that is known so far has been done. */
  async settled(): Promise<void> {
    await this.#work;
  }

  /** Resolves when every pod is as its workload wants it, and ready, or it was noted as a problem that it is not. */
  async ready(): Promise<void> {
    await this.#work;
    await Promise.all([...this.#pods.values()].map(({ becomesReady }) => becomesReady));
  }

  /** Resolves when the container of a pod has ended by itself. @throws Error when the pod is not there */
  async ended(id: string): Promise<void> {
    await this.#work;
    await this.#pod(id).container.ended();
  }

  /** Ends every pod. */
  async stop(): Promise<void> {
    this.#unfollow();
    await this.#work;
    await Promise.all([...this.#pods.keys()].map((id) => this.#end(id)));
  }

  #follow({ resource, before, after }: StoredChange): void {
    const { kind } = resource;
    if (kind === 'ConfigMap' || kind === 'Secret') this.#then(() => this.#refresh());
    if (kind !== 'DaemonSet' && kind !== 'StatefulSet') return;
    if (after === null) this.#then(() => (before === null ? undefined : this.#end(podIdOf(before))));
    else if (!samePods(before, after)) this.#then(() => this.#run(after));
    else if (!isObserved(after)) this.#then(() => this.#observe(after));
  }

  /** One after the other, as in one queue. */
  #then(step: () => Promise<void> | void): void {
    this.#work = this.#work.then(step).catch((error: unknown) => {
      this.problems.push(String(error));
    });
  }

  /** Of a change that is none for the pods there is no more to do than to say that it was seen. */
  #observe(workload: StoredObject): void {
    const pod = this.#pods.get(podIdOf(workload));
    if (pod?.ready === true) this.#tell(pod);
  }

  async #run(workload: StoredObject): Promise<void> {
    const id = podIdOf(workload);
    await this.#end(id);
    const pod = this.#make(workload);
    this.#pods.set(id, pod);
    writeFileSync(this.#hostsFile, hostsFile(this.#api));
    this.#watch(id, pod);
    // Others are not kept waiting, and a newer template does not wait for this one to become ready.
    pod.becomesReady = this.#becomeReady(id, pod).catch((error: unknown) => void this.problems.push(String(error)));
  }

  #make(workload: StoredObject): Running {
    const { template } = workload['spec'] as { template: { spec: { hostNetwork?: boolean } } };
    const name = podNameOf(workload);
    const wired = template.spec.hostNetwork === true ? null : this.#node.addPod(name, wiring);
    const uid = `uid-${name}-${this.#api.store.version}`;
    const object = podOf(workload, uid, (wired ?? this.#node).address, this.#node.address);
    const faults = schemaFaults(object);
    if (faults.length > 0) throw new Error(`pod ${name}: ${faults.join(', ')}`);
    this.#api.store.set(object);
    const { namespace } = object.metadata;
    if (wired !== null) this.#noteInterface(wired, namespace, name, uid);
    const folder = join(this.#node.folder, 'pods', uid);
    mkdirSync(folder, { recursive: true });
    const onNode = (path: string) => this.#onNode(path);
    const place = { api: this.#api, namespace, pod: name, spec: object.spec, folder, onNode };
    const mounts = this.#mountsOf(object, place);
    const pod = {
      workload,
      object,
      wired,
      place,
      mounts,
      becomesReady: Promise.resolve(),
      ready: false,
      stopping: false,
    };
    return { ...pod, container: this.#start(pod) };
  }

  /** As a CNI plug-in notes what it has done. */
  #noteInterface({ containerId, netns }: TestPod, namespace: string, name: string, uid: string): void {
    const cniArgs = [
      ['K8S_POD_NAMESPACE', namespace],
      ['K8S_POD_NAME', name],
      ['K8S_POD_UID', uid],
    ];
    const result = { kind: 'cniCacheV1', containerId, ifName: 'eth0', netns: `/run/netns/${netns}`, cniArgs };
    writeFileSync(this.#cniResult(containerId), JSON.stringify(result));
  }

  #cniResult(containerId: string): string {
    return join(this.#onNode('/var/lib/cni/results'), `net-${containerId}-eth0`);
  }

  /** The folder that stands for one of the node. */
  #onNode(path: string): string {
    if (path === '/sys/fs/bpf') return this.#node.pins;
    if (path === '/sys/fs/cgroup' || path === '/var/run/netns') return path;
    const folder = join(this.#node.folder, 'root', path);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Makes the volumes of a pod, which stay when its container is started again. */
  #mountsOf({ spec, metadata }: PodObject, place: PodPlace): readonly Mount[] {
    const [container] = spec.containers as [ContainerSpec];
    const folders = new Map((spec.volumes ?? []).map((volume) => [volume.name, makeVolume(place, volume)]));
    const mounts = (container.volumeMounts ?? []).map(({ name, mountPath, readOnly = false }): Mount => {
      const from = folders.get(name);
      if (from === undefined) throw new Error(`${metadata.name}: there is no volume ${name}`);
      return { from, to: mountPath, readOnly };
    });
    return [...mounts, { from: this.#hostsFile, to: '/etc/hosts', readOnly: true }];
  }

  #start({ place, object, wired, mounts }: Omit<Running, 'container'>): Container {
    const { spec } = object;
    const [container] = spec.containers as [ContainerSpec];
    const root = join(place.folder, 'root');
    mkdirSync(root, { recursive: true });
    const env = environmentOf(this.#api, place.namespace, spec, container);
    const { netns } = wired ?? this.#node;
    const id = `${place.namespace}/${place.pod}`;
    return new Container(spec, container, { netns, root, mounts, env }, (text) => this.#note(id, text));
  }

  #note(id: string, text: string): void {
    this.logs.set(id, (this.logs.get(id) ?? '') + text);
  }

  /** Starts the container again when it ends by itself, as the restart policy of such pods says. */
  #watch(id: string, pod: Running): void {
    void pod.container.ended().then(async (status) => {
      if (pod.stopping) return;
      this.#note(id, `container ended with ${status}\n`);
      await sleep(restartAfterMs);
      if (pod.stopping) return;
      pod.container = this.#start(pod);
      this.#watch(id, pod);
    });
  }

  async #becomeReady(id: string, pod: Running): Promise<void> {
    const [container] = pod.object.spec.containers as [ContainerSpec];
    for (const probe of [container.startupProbe, container.readinessProbe]) {
      if (probe !== undefined) await this.#until(id, pod, container, probe);
    }
    if (this.#pods.get(id) !== pod) return;
    pod.ready = true;
    this.#tell(pod);
  }

  async #until(id: string, pod: Running, { ports = [] }: ContainerSpec, { httpGet }: Probe): Promise<void> {
    const port = ports.find(({ name }) => name === httpGet?.port)?.containerPort ?? httpGet?.port;
    const url = `http://${this.addressOf(id)}:${port}${httpGet?.path}`;
    const deadline = Date.now() + patienceMs;
    while (!pod.stopping && !(await this.#answers(url))) {
      if (Date.now() > deadline) throw new Error(`${id} is not ready by ${url}: ${this.logs.get(id)?.slice(-2000)}`);
      await sleep(probeEveryMs);
    }
  }

  async #answers(url: string): Promise<boolean> {
    const curl = ['curl', '--silent', '--fail', '--max-time', '2', '--output', '/dev/null', url];
    return await new Promise((resolve) => {
      execFile('nsenter', [`--net=/run/netns/${this.#node.netns}`, ...curl], (error) => resolve(error === null));
    });
  }

  /** Writes what a kubelet and a controller say of a pod that is ready, and of its workload. */
  #tell({ workload, object }: Running): void {
    const { store } = this.#api;
    store.set({ ...object, status: { ...object.status, conditions: [{ type: 'Ready', status: 'True' }] } });
    const live = store.all().find(({ metadata }) => metadata.uid === workload.metadata.uid);
    if (live !== undefined) store.set({ ...live, status: readyStatusOf(live) });
  }

  /** Volumes follow what they are made of, while the containers run. */
  #refresh(): void {
    for (const { place } of this.#pods.values()) {
      for (const volume of place.spec.volumes ?? []) {
        if (volume.configMap !== undefined || volume.secret !== undefined) makeVolume(place, volume);
      }
    }
  }

  async #end(id: string): Promise<void> {
    const pod = this.#pods.get(id);
    if (pod === undefined) return;
    pod.stopping = true;
    this.#pods.delete(id);
    await pod.container.stop();
    if (pod.wired !== null) {
      rmSync(this.#cniResult(pod.wired.containerId));
      this.#node.deletePod(pod.wired);
    }
    this.#api.store.delete(pod.object);
  }
}
