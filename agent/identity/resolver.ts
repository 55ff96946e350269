import type { PodRef } from '../../core/identity.ts';
import type { Link } from '../../native/native.ts';
import type { InhabitedNamespace } from '../source/processes.ts';
import { Claims } from './claims.ts';
import { type DetectedCni, detectCnis } from './cni/detect.ts';
import type { StoreName } from './cni/cni.ts';
import { Dwellings, type LookAtNamespaces } from './dwellings.ts';
import { joinInterfaces, leadsToPod, type PodInterface } from './join.ts';
import { NamesOfPods } from './names-of-pods.ts';
import type { NodePods } from './node-pods.ts';
import { readRoutes, uplinksOf } from './routes.ts';
import { CniResults } from './sandboxes/cni-results.ts';
import { Cri } from './sandboxes/cri.ts';
import { ProcessLooks } from './sandboxes/process-looks.ts';
import { Processes } from './sandboxes/processes.ts';
import type { Sandbox, SourceProblem, SourceState } from './sandboxes/sandbox.ts';
import { type StoreOptions, Stores } from './stores/stores.ts';

export interface ResolverOptions extends StoreOptions {
  /** libcni's result caches of this node. */
  readonly cniResults: readonly string[];
  /** Folder of the node's CNI configuration. */
  readonly cniConfiguration: string;
  /** Name of the only CNI to reckon with; null to look for what is there. */
  readonly cni: string | null;
  /** Path of the container runtime's socket; null to try those that are usual. */
  readonly cri: string | null;
}

/** What is asked of the kernel. */
export interface NamespaceSource {
  readonly lookAtNamespaces: LookAtNamespaces;
  readonly inhabitedNamespaces: () => readonly InhabitedNamespace[];
}

/** What one look at everything gave. */
export interface Resolved {
  readonly interfaces: readonly PodInterface[];
  /** By the cookies of the namespaces that sandboxes have. */
  readonly namespaces: ReadonlyMap<bigint, Sandbox>;
  readonly problems: readonly SourceProblem[];
}

const criPauseMs = 1000;
/** What is at work on a node changes with its installation. */
const detectEveryMs = 10_000;

/** Knows which pod is behind each interface of the node, out of all sources there are. */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #source: NamespaceSource;
  readonly #pods: NodePods;
  readonly #results: CniResults;
  readonly #processes: Processes;
  readonly #looks: ProcessLooks;
  readonly #cri: Cri;
  readonly #stores: Stores;
  readonly #endPods: () => void;
  #read: ReturnType<CniResults['read']> = { results: [], problems: [] };
  /** Paths of namespaces that newcomers has told of. */
  #greeted: ReadonlySet<string> = new Set();
  #detectedMs = Number.NEGATIVE_INFINITY;
  detected: readonly DetectedCni[] = [];

  /** @param onChange a source has news */
  constructor(options: ResolverOptions, source: NamespaceSource, pods: NodePods, onChange: () => void) {
    this.#options = options;
    this.#source = source;
    this.#pods = pods;
    this.#results = new CniResults(options.cniResults);
    this.#processes = new Processes(source.inhabitedNamespaces);
    this.#looks = new ProcessLooks(this.#processes, onChange);
    this.#cri = new Cri({ path: options.cri, timeoutMs: options.answerMs, pauseMs: criPauseMs }, onChange);
    this.#stores = new Stores(options, onChange);
    this.#endPods = pods.onChange(onChange);
  }

  get states(): SourceState[] {
    return [this.#results.state, this.#processes.state, this.#cri.state, ...this.#stores.states];
  }

  /**
   * Pods that the result cache names since the last call, by the cookies of their namespaces. Listing links can take a
   * second while the kernel makes and deletes many: a pod may be gone by then, and what it did shall have its name.
   */
  newcomers(): Map<bigint, PodRef> {
    this.#read = this.#results.read();
    const paths = new Map<string, PodRef>();
    for (const { pod, netnsPath } of this.#read.results) if (pod !== null) paths.set(netnsPath, pod);
    const added = [...paths].filter(([path]) => path.startsWith('/') && !this.#greeted.has(path));
    this.#greeted = new Set(paths.keys());
    const looks = this.#source.lookAtNamespaces(added.map(([path]) => path));
    const found = new Map<bigint, PodRef>();
    for (const [i, [, pod]] of added.entries()) {
      const look = looks[i];
      if (look?.problem === '') found.set(look.cookie, this.#pods.byUid(pod.uid) ?? pod);
    }
    return found;
  }

  /** To be called after newcomers. @param links all of the node's @param gone indexes of links that went since the last call */
  resolve(links: readonly Link[], gone: ReadonlySet<number>): Resolved {
    this.#detect(links);
    const routes = readRoutes();
    const leading = this.#podLinks(links, uplinksOf(routes));
    const { results, problems } = this.#read;
    const names = new NamesOfPods(this.#pods, results, this.#cri.sandboxes);
    const dwellings = new Dwellings(this.#source.lookAtNamespaces, names);
    dwellings.addResults(results);
    this.#addMissing(leading, gone, dwellings);
    const cnis = this.detected.map(({ cni }) => cni);
    const claims = new Claims(cnis, this.#stores.claims(routes), names);
    const interfaces = joinInterfaces(leading, {
      dwellings: dwellings.byNsid,
      pending: dwellings.pending,
      homes: dwellings.homes,
      claimsOn: (link) => claims.on(link),
      podOf: (claim) => names.byName(claim.pod),
    });
    return { interfaces, namespaces: dwellings.byCookie, problems: [...problems, ...dwellings.problems] };
  }

  close(): void {
    this.#looks.close();
    this.#endPods();
    this.#stores.close();
    this.#cri.close();
  }

  #podLinks(links: readonly Link[], uplinks: ReadonlySet<string>): Link[] {
    const isOwn = (name: string) =>
      uplinks.has(name) || this.detected.some(({ cni }) => cni.infrastructure?.test(name) === true);
    return links.filter((link) => leadsToPod(link, isOwn));
  }

  #detect(links: readonly Link[]): void {
    const now = performance.now();
    if (now - this.#detectedMs < detectEveryMs && this.detected.length > 0) return;
    this.#detectedMs = now;
    const names = links.map(({ name }) => name);
    this.detected = detectCnis(this.#options.cni, this.#options.cniConfiguration, names);
    const wanted = this.detected.flatMap(({ cni }): StoreName[] => (cni.store === null ? [] : [cni.store]));
    this.#stores.use(new Set(wanted));
    this.#stores.ask();
  }

  /** The dearer sources, for namespaces that the result cache does not know. */
  #addMissing(links: readonly Link[], gone: ReadonlySet<number>, dwellings: Dwellings): void {
    const held = this.#looks.held(links, gone);
    dwellings.addInhabitants(held);
    dwellings.addRuntime(this.#cri.sandboxes, held);
    const missing = links.filter(({ peerNsid }) => !dwellings.isSettled(peerNsid));
    if (missing.length === 0) return;
    const looked = this.#looks.look(missing);
    dwellings.addInhabitants(looked);
    dwellings.addRuntime(this.#cri.sandboxes, looked);
    if (missing.every(({ peerNsid }) => dwellings.isSettled(peerNsid))) return;
    this.#cri.ask();
    this.#stores.ask();
  }
}
