import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container as ContainerSpec, Probe } from 'kubernetes-types/core/v1.js';
import { Container, type ContainerPlace } from './container.ts';
import type { Milliseconds } from '../../core/time.ts';
import { defaultFailures, failuresOf, type Prober, succeeds, urlOf } from './probe.ts';
import type { PodObject } from './workload-pods.ts';

/** Until it is ready a pod is asked this often, whatever its period: nobody waits for longer than it takes. */
const probeEveryMs = 100;
const patienceMs = 60_000;
const restartAfterMs = 300;
/** How long a pod has to end where it says nothing. */
export const defaultGraceSeconds = 30;

export interface PodEvents {
  /** What its container says. */
  readonly onOutput: (text: string) => void;
  /** It became ready, or is so no more. */
  readonly onChange: () => void;
  readonly onProblem: (text: string) => void;
  /** Resolves when a container that has ended may be started again. */
  readonly mayRestart: () => Promise<void>;
  /** What a second of its liveness probe takes now. */
  readonly secondMs: () => Milliseconds;
}

/** The processes of a pod on its node: started, probed, started again when they end, and ended. */
export class RunningPod {
  readonly object: PodObject;
  /** Of the pod; of its node if it is on the network of that. */
  readonly address: string;
  readonly #place: ContainerPlace;
  readonly #nodeNetns: string;
  readonly #events: PodEvents;
  #container: Container;
  #isReady = false;
  #isStopping = false;
  #restarts = 0;

  constructor(object: PodObject, address: string, place: ContainerPlace, nodeNetns: string, events: PodEvents) {
    this.object = object;
    this.address = address;
    this.#place = place;
    this.#nodeNetns = nodeNetns;
    this.#events = events;
    this.#container = this.#start();
  }

  /** Its network namespace, below /run/netns. */
  get netns(): string {
    return this.#place.netns;
  }

  get pid(): number {
    return this.#container.pid;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get #spec(): ContainerSpec {
    return this.object.spec.containers[0] as ContainerSpec;
  }

  #start(): Container {
    const container = new Container(this.object.spec, this.#spec, this.#place, this.#events.onOutput);
    void this.#watch(container);
    void this.#probe(container).catch((error: unknown) => this.#events.onProblem(String(error)));
    return container;
  }

  /** As the restart policy of such pods says. */
  async #watch(container: Container): Promise<void> {
    const status = await container.ended();
    if (this.#isStopping) return;
    this.#events.onOutput(`container ended with ${status}\n`);
    this.#become(false);
    await sleep(restartAfterMs);
    await this.#events.mayRestart();
    if (this.#isStopping) return;
    this.#restarts++;
    this.#container = this.#start();
  }

  async #probe(container: Container): Promise<void> {
    const { startupProbe, readinessProbe, livenessProbe } = this.#spec;
    const isOver = () => this.#isStopping || !container.running;
    const prober = { netns: this.#nodeNetns, container: this.#spec, host: this.address, isOver };
    await container.started;
    await this.#untilOne(startupProbe, prober);
    if (livenessProbe !== undefined) void this.#endHanging(container, livenessProbe, prober);
    await this.#untilOne(readinessProbe, prober);
    if (!isOver()) this.#become(true);
    if (readinessProbe === undefined) return;
    const { failureThreshold = defaultFailures } = readinessProbe;
    for await (const failures of failuresOf(readinessProbe, prober)) {
      if (failures === 0 || failures >= failureThreshold) this.#become(failures === 0);
    }
  }

  /** Waits until a probe succeeds for the first time. @throws Error after a minute */
  async #untilOne(probe: Probe | undefined, prober: Prober): Promise<void> {
    if (probe === undefined) return;
    const deadline = Date.now() + patienceMs;
    while (!prober.isOver() && !(await succeeds(probe, prober))) {
      if (Date.now() > deadline)
        throw new Error(`${this.object.metadata.name} is not ready by ${urlOf(probe, prober)}`);
      await sleep(probeEveryMs);
    }
  }

  /** Ends a container that does not live any more, within its time; it is started again as any that has ended. */
  async #endHanging(container: Container, probe: Probe, prober: Prober): Promise<void> {
    const { secondMs } = this.#events;
    const { failureThreshold = defaultFailures } = probe;
    const grace =
      probe.terminationGracePeriodSeconds ?? this.object.spec.terminationGracePeriodSeconds ?? defaultGraceSeconds;
    for await (const failures of failuresOf(probe, prober, secondMs)) {
      if (failures < failureThreshold) continue;
      this.#events.onOutput(`container failed its liveness probe ${failures} times and has ${grace} s to end\n`);
      await container.stop(grace * secondMs());
      return;
    }
  }

  #become(isReady: boolean): void {
    if (this.#isReady === isReady) return;
    this.#isReady = isReady;
    this.#events.onChange();
  }

  /** Starts a command in its container. @throws Error when that does not run at the time */
  async exec(command: readonly string[]): Promise<ChildProcessWithoutNullStreams> {
    return await this.#container.exec(command);
  }

  /** Resolves when its container has ended by itself. */
  async ended(): Promise<void> {
    await this.#container.ended();
  }

  /** Ends its container as with `kill -9`. */
  kill(): void {
    this.#container.kill();
  }

  /** Ends it for good, within the time that it is given. */
  async stop(graceSeconds: number): Promise<void> {
    this.#isStopping = true;
    const isEnded = await this.#container.stop(graceSeconds * 1000);
    const { name } = this.object.metadata;
    if (!isEnded) this.#events.onProblem(`${name} had not ended after ${graceSeconds} s, and was killed`);
  }
}
