import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container as ContainerSpec, Volume } from 'kubernetes-types/core/v1.js';
import type { Milliseconds } from '../../core/time.ts';
import { fieldAt } from '../../lab/kube-api/field-at.ts';
import type { StoredChange, StoredObject } from '../../lab/kube-api/object-store.ts';
import type { KubeApi } from '../../lab/kube-api/server.ts';
import type { TestNode } from '../agent/node-fixture.ts';
import type { TestPod } from '../agent/pod-wiring.ts';
import { Controllers } from './controllers.ts';
import { makeVolume, mountsOf, type PodPlace } from './kubelet-volumes.ts';
import { idOf } from './object-states.ts';
import { isEnding } from '../../lab/kube-api/pod-end.ts';
import { environmentOf, hostsFile } from './pod-environment.ts';
import { PodNetwork } from './pod-network.ts';
import { defaultGraceSeconds, RunningPod } from './running-pod.ts';
import { nodeName, type PodObject } from './workload-pods.ts';

const pollMs = 50;
const patienceMs = 90_000;

interface Running {
  readonly pod: RunningPod;
  readonly place: PodPlace;
}

/**
 * What a kubelet makes of the pods of its node: real processes, with the volumes, the environment, the privileges and
 * the probes that are written there. Each has one container.
 */
export class Kubelet {
  readonly #api: KubeApi;
  readonly #node: TestNode;
  readonly #network: PodNetwork;
  readonly #controllers: Controllers;
  /** By UID. */
  readonly #pods = new Map<string, Running>();
  /** UIDs of the pods that the tests run. */
  readonly #others = new Set<string>();
  readonly #ending = new Map<string, Promise<void>>();
  readonly #unfollow: () => void;
  /** What every container has as /etc/hosts, changed while they run. */
  readonly #hostsFile: string;
  readonly #problems: string[] = [];
  #held: Promise<void> = Promise.resolve();
  /** What the containers of each pod have said, by `namespace/name`. */
  readonly logs: Map<string, string>;
  /** What a second of liveness probes takes: the minutes in which a pod that hangs is ended can be shortened. */
  livenessSecondMs: Milliseconds = 1000;

  constructor(api: KubeApi, node: TestNode, logs: Map<string, string>) {
    this.#api = api;
    this.#node = node;
    this.logs = logs;
    mkdirSync(node.pins, { recursive: true });
    this.#hostsFile = join(node.folder, 'hosts');
    writeFileSync(this.#hostsFile, hostsFile(api));
    const addresses = [{ type: 'InternalIP', address: node.address }];
    api.store.set({ apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName }, status: { addresses } });
    this.#network = new PodNetwork(api, node, this.#onNode('/var/lib/cni/results'));
    this.#controllers = new Controllers(api);
    this.#unfollow = api.store.onChange((change) => this.#follow(change));
  }

  /** What went wrong, if anything did. */
  get problems(): readonly string[] {
    return [...this.#problems, ...this.#controllers.problems];
  }

  /** A pod of somebody else that has an interface, and runs what the test runs in it. */
  addPod(namespace: string, name: string): TestPod {
    const uid = `uid-${name}`;
    this.#others.add(uid);
    const pod = this.#network.add(namespace, name, uid);
    const metadata = { name, namespace, uid, labels: { app: name } };
    const status = { phase: 'Running', podIP: pod.address, podIPs: [{ ip: pod.address }] };
    const spec = { nodeName, containers: [{ name, image: name }] };
    this.#api.store.set({ apiVersion: 'v1', kind: 'Pod', metadata, spec, status });
    return pod;
  }

  /** Where a pod is. @throws Error when there is none */
  addressOf(id: string): string {
    return this.pod(id).address;
  }

  /** The process of a pod's container. @throws Error when there is none */
  pidOf(id: string): number {
    return this.pod(id).pid;
  }

  /** Ends the container of a pod as with `kill -9`. @throws Error when there is none */
  kill(id: string): void {
    this.pod(id).kill();
  }

  /** Starts no container again, as while it waits after crashes. @returns ends that */
  holdRestarts(): () => void {
    let release = () => {};
    this.#held = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  /** The processes of a pod. @throws Error when there are none */
  pod(id: string): RunningPod {
    const found = [...this.#pods.values()].find(({ pod }) => idOf(pod.object) === id);
    if (found === undefined) throw new Error(`${id} does not run`);
    return found.pod;
  }

  /** Resolves when all that is known so far has been done. */
  async settled(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (!this.#controllers.isIdle || this.#ending.size > 0) {
      await Promise.all(this.#ending.values());
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Resolves when every pod is ready and none is on its way out, or something has gone wrong. @throws Error after a time */
  async ready(): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      await this.settled();
      const own = [...this.#pods.values()];
      if (own.every(({ pod }) => pod.isReady) || this.problems.length > 0) return;
      if (Date.now() > deadline) throw new Error('not all pods became ready');
      await sleep(pollMs);
    }
  }

  /** Resolves when the container of a pod has ended by itself. @throws Error when the pod is not there */
  async ended(id: string): Promise<void> {
    await this.settled();
    await this.pod(id).ended();
  }

  /** Ends every pod. */
  async stop(): Promise<void> {
    this.#unfollow();
    this.#controllers.stop();
    await Promise.all([...this.#pods.keys()].map((uid) => this.#end(uid, defaultGraceSeconds)));
    await Promise.all(this.#ending.values());
    this.#network.stop();
  }

  #follow({ resource, after, before }: StoredChange): void {
    const { kind } = resource;
    if (after !== null && (kind === 'ConfigMap' || kind === 'Secret')) this.#refresh(after);
    if (kind === 'Service') writeFileSync(this.#hostsFile, hostsFile(this.#api));
    if (kind !== 'Pod') return;
    const uid = (after ?? before)?.metadata.uid ?? '';
    if (after === null) void this.#end(uid, 0);
    else if (isEnding(after)) this.#finish(after);
    else if (fieldAt(after, 'spec.nodeName') === nodeName && !this.#others.has(uid) && !this.#pods.has(uid)) {
      // Once everybody was told of it, before there is more to be told.
      queueMicrotask(() => this.#run(after as PodObject & StoredObject));
    }
  }

  #run(object: PodObject): void {
    if (this.#pods.has(object.metadata.uid)) return;
    try {
      this.#pods.set(object.metadata.uid, this.#make(object));
      this.#tell(object.metadata.uid);
    } catch (error) {
      this.#problems.push(`${object.metadata.name}: ${String(error)}`);
    }
  }

  #make(object: PodObject): Running {
    const { spec } = object;
    const { name, namespace, uid } = object.metadata;
    const isOnHost = spec.hostNetwork === true;
    const { address, netns } = isOnHost ? this.#node : this.#network.add(namespace, name, uid);
    const folder = join(this.#node.folder, 'pods', uid);
    const root = join(folder, 'root');
    mkdirSync(root, { recursive: true });
    const place = { api: this.#api, namespace, pod: name, spec, folder, onNode: (path: string) => this.#onNode(path) };
    const mounts = [...mountsOf(place), { from: this.#hostsFile, to: '/etc/hosts', readOnly: true }];
    const env = environmentOf(this.#api, namespace, spec, spec.containers[0] as ContainerSpec);
    const inside = { netns, hostname: isOnHost ? nodeName : name, root, mounts, env };
    const id = `${namespace}/${name}`;
    const pod = new RunningPod(object, address, inside, this.#node.netns, {
      onOutput: (text) => this.logs.set(id, (this.logs.get(id) ?? '') + text),
      onChange: () => this.#tell(uid),
      onProblem: (text) => this.#problems.push(`${text}: ${this.logs.get(id)?.slice(-2000)}`),
      mayRestart: () => this.#held,
      secondMs: () => this.livenessSecondMs,
    });
    return { pod, place };
  }

  /** The folder that stands for one of the node. */
  #onNode(path: string): string {
    if (path === '/sys/fs/bpf') return this.#node.pins;
    if (path === '/sys/fs/cgroup' || path === '/var/run/netns') return path;
    const folder = join(this.#node.folder, 'root', path);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Writes what a kubelet says of a pod. */
  #tell(uid: string): void {
    const running = this.#pods.get(uid);
    const live = this.#api.store.all().find(({ kind, metadata }) => kind === 'Pod' && metadata.uid === uid);
    if (running === undefined || live === undefined) return;
    const { address, isReady: ready, restarts } = running.pod;
    const status = ready ? 'True' : 'False';
    this.#api.store.set({
      ...live,
      status: {
        phase: 'Running',
        podIP: address,
        podIPs: [{ ip: address }],
        hostIP: this.#node.address,
        conditions: ['Ready', 'ContainersReady'].map((type) => ({ type, status })),
        containerStatuses: [{ name: running.pod.object.spec.containers[0]?.name, ready, restartCount: restarts }],
      },
    });
  }

  /** Volumes follow what they are made of, while the containers run. */
  #refresh({ kind, metadata }: StoredObject): void {
    const isOf = ({ configMap, secret }: Volume) =>
      (kind === 'Secret' ? secret?.secretName : configMap?.name) === metadata.name;
    for (const { place } of this.#pods.values()) {
      if (place.namespace !== metadata.namespace) continue;
      for (const volume of (place.spec.volumes ?? []).filter(isOf)) makeVolume(place, volume);
    }
  }

  /** Ends a pod that was deleted, and takes it from the API when it has ended. */
  #finish(object: StoredObject): void {
    const { uid } = object.metadata;
    if (this.#ending.has(uid)) return;
    const grace = Number(object.metadata['deletionGracePeriodSeconds'] ?? defaultGraceSeconds);
    void this.#end(uid, grace).then(() => this.#api.store.delete(object));
  }

  async #end(uid: string, graceSeconds: number): Promise<void> {
    const running = this.#pods.get(uid);
    if (running === undefined) {
      this.#network.remove(uid);
      return;
    }
    const ending = running.pod
      .stop(graceSeconds)
      .then(() => {
        this.#pods.delete(uid);
        this.#network.remove(uid);
      })
      .catch((error: unknown) => void this.#problems.push(String(error)));
    this.#ending.set(uid, ending);
    await ending;
    this.#ending.delete(uid);
  }
}
