import type { NamespaceIds, NamespaceLook } from '../../native/native.ts';
import type { Dwelling, Unresolved } from './join.ts';
import type { NamesOfPods } from './names-of-pods.ts';
import type { CniResult } from './sandboxes/cni-results.ts';
import type { CriSandbox } from './sandboxes/cri.ts';
import type { Inhabitants } from './sandboxes/processes.ts';
import type { Sandbox, SandboxMeans, SourceProblem } from './sandboxes/sandbox.ts';

/** Tells the ids of the namespaces that files hold open, one for each path. */
export type LookAtNamespaces = (paths: readonly string[]) => readonly NamespaceLook[];

/** Docker's runtime holds namespaces open by processes, whose numbers are used again: their cgroups tell better. */
const processPath = /^\/proc\/(\d+)\/ns\/net$/;

/** The namespaces of this node's pods, put together from all sources: those that are asked first win. */
export class Dwellings {
  readonly #look: LookAtNamespaces;
  readonly #names: NamesOfPods;
  readonly byNsid = new Map<number, Dwelling>();
  readonly pending = new Map<string, NamespaceIds>();
  readonly homes = new Map<string, Set<number>>();
  /** Namespaces that pods live in, and which pod. */
  readonly byCookie = new Map<bigint, Sandbox>();
  readonly problems: SourceProblem[] = [];

  constructor(look: LookAtNamespaces, names: NamesOfPods) {
    this.#look = look;
    this.#names = names;
  }

  /** Whether nothing more is to be learned of a namespace from sources that come later. */
  isSettled(nsid: number): boolean {
    const occupant = this.byNsid.get(nsid)?.occupant;
    return occupant !== undefined && !('state' in occupant && occupant.reason === 'pod-unknown');
  }

  addResults(results: readonly CniResult[]): void {
    const known = results.flatMap(({ pod, containerId, netnsPath, addresses }) => {
      const whose = pod ?? addresses.map((address) => this.#names.byAddress(address)).find((found) => found !== null);
      const isFile = netnsPath !== '' && !processPath.test(netnsPath);
      return whose === undefined || !isFile ? [] : [{ pod: whose, containerId, netnsPath }];
    });
    this.#addPaths('cni-cache', known);
  }

  addRuntime(sandboxes: Iterable<CriSandbox>, inhabitants: readonly Inhabitants[]): void {
    const byPid = new Map(inhabitants.flatMap((each) => each.pids.map((pid) => [pid, each] as const)));
    const byPath: CriSandbox[] = [];
    for (const each of sandboxes) {
      const found = byPid.get(Number(processPath.exec(each.netnsPath)?.[1] ?? each.pid));
      // A process that has taken the number of the sandbox's says in its cgroup that it is another pod's.
      const isSame = found?.owners.every(({ podUid }) => podUid === each.pod.uid) === true;
      if (found !== undefined && isSame) this.#settle(found.ids, { ...each, means: 'cri' });
      else if (each.netnsPath !== '' && !processPath.test(each.netnsPath)) byPath.push(each);
    }
    this.#addPaths('cri', byPath);
  }

  addInhabitants(inhabitants: readonly Inhabitants[]): void {
    for (const { ids, owners } of inhabitants) {
      const [owner, ...others] = owners;
      if (owner === undefined || this.isSettled(ids.nsid)) continue;
      const pod = this.#names.byUid(owner.podUid);
      if (others.length > 0) {
        const uids = owners.map(({ podUid }) => podUid).join(', ');
        this.#leave(ids, '', 'several-pods', `processes of several pods are in its namespace: ${uids}`);
      } else if (pod === null) {
        this.#leave(
          ids,
          owner.podUid,
          'pod-unknown',
          `its processes belong to pod ${owner.podUid}, whose name is not known`,
        );
      } else {
        this.#settle(ids, { pod, containerId: owner.containerId, means: 'cgroup' });
      }
    }
  }

  #addPaths(means: SandboxMeans, known: readonly (Omit<Sandbox, 'means'> & { readonly netnsPath: string })[]): void {
    const looks = this.#look(known.map(({ netnsPath }) => netnsPath));
    for (const [i, { pod, containerId, netnsPath }] of known.entries()) {
      const look = looks[i];
      if (look === undefined || look.problem !== '') {
        this.problems.push({ what: netnsPath, message: look?.problem ?? 'it was not looked at' });
      } else {
        this.#settle(look, { pod, containerId, means });
      }
    }
  }

  #settle({ cookie, nsid }: NamespaceIds, sandbox: Sandbox): void {
    const pod = this.#names.canonical(sandbox.pod);
    const ids = { cookie, nsid };
    if (nsid < 0) {
      this.pending.set(pod.uid, ids);
      this.byCookie.set(cookie, { ...sandbox, pod });
      return;
    }
    const known = this.byNsid.get(nsid)?.occupant;
    if (known !== undefined && !('state' in known)) {
      // Several interfaces of one pod (Multus) say the same again.
      if (known.pod.uid === pod.uid || known.means !== sandbox.means) return;
      this.byCookie.delete(cookie);
      const both = `${known.pod.namespace}/${known.pod.name} and ${pod.namespace}/${pod.name}`;
      this.#leave(ids, '', 'several-pods', `${sandbox.means} has its namespace for that of ${both}`);
      return;
    }
    if (known?.reason === 'several-pods') return;
    this.byNsid.set(nsid, { ids, occupant: { ...sandbox, pod }, podUid: pod.uid });
    this.byCookie.set(cookie, { ...sandbox, pod });
    const homes = this.homes.get(pod.uid);
    if (homes === undefined) this.homes.set(pod.uid, new Set([nsid]));
    else homes.add(nsid);
  }

  #leave(ids: NamespaceIds, podUid: string, reason: Unresolved['reason'], detail: string): void {
    this.byNsid.set(ids.nsid, { ids, occupant: { state: 'unresolved', reason, detail }, podUid });
  }
}
