import { readFileSync, readlinkSync } from 'node:fs';
import type { NamespaceIds } from '../../../native/native.ts';
import { messageOf } from '../../../core/errors.ts';
import type { InhabitedNamespace } from '../../source/processes.ts';
import { type CgroupOwner, ownerOf } from './cgroup-path.ts';
import type { SourceState } from './sandbox.ts';

/** Who the processes in one network namespace belong to. */
export interface Inhabitants {
  readonly ids: NamespaceIds;
  readonly pids: readonly number[];
  /** None: no process of a pod; several: they contradict each other. */
  readonly owners: readonly CgroupOwner[];
}

/** Inode of the PID namespace that a machine starts with (PROC_PID_INIT_INO). */
const firstPidNamespace = 'pid:[4026531836]';
/** Enough to find a pod's among a debugger's. */
const maxProcesses = 16;

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended.
    return '';
  }
}

/** Field 4 of /proc/PID/stat, behind the name in parentheses, which may hold anything. */
function parentOf(pid: number): number {
  const stat = textOf(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

/**
 * Tells by cgroups whose processes are in a namespace. Walking over all processes takes some milliseconds: it is for
 * what other sources do not know.
 */
export class Processes {
  readonly #inhabited: () => readonly InhabitedNamespace[];
  #state: SourceState = { name: 'cgroup', state: 'ok', detail: 'not needed yet' };

  constructor(inhabited: () => readonly InhabitedNamespace[]) {
    this.#inhabited = inhabited;
  }

  get state(): SourceState {
    return this.#state;
  }

  /** @param wanted ids of namespaces as the node knows them @returns those of them that have processes */
  look(wanted: ReadonlySet<number>): Inhabitants[] {
    let all: readonly InhabitedNamespace[];
    try {
      all = this.#inhabited();
    } catch (error) {
      this.#state = { name: 'cgroup', state: 'failing', detail: messageOf(error) };
      return [];
    }
    const namespaceOf = new Map(all.flatMap(({ pids }, i) => pids.map((pid) => [pid, i] as const)));
    const looks = all.flatMap(({ ids, pids }) =>
      wanted.has(ids.nsid) ? [{ ids, pids, owners: ownersOf(pids, namespaceOf) }] : [],
    );
    this.#state = stateOf(looks);
    return looks;
  }
}

function stateOf(looks: readonly Inhabitants[]): SourceState {
  const found = looks.filter(({ owners }) => owners.length > 0).length;
  if (found === 0 && readlinkSync('/proc/self/ns/pid') !== firstPidNamespace) {
    return { name: 'cgroup', state: 'off', detail: 'it sees no processes of pods: run it with hostPID' };
  }
  return { name: 'cgroup', state: 'ok', detail: `${found} of ${looks.length} namespaces told at the last look` };
}

function ownersOf(pids: readonly number[], namespaceOf: ReadonlyMap<number, number>): CgroupOwner[] {
  const owners = new Map<string, CgroupOwner>();
  for (const pid of pids.slice(0, maxProcesses)) {
    const owner = ownerOf(textOf(`/proc/${pid}/cgroup`));
    if (owner === null || isVisitor(pid, owner, namespaceOf)) continue;
    const known = owners.get(owner.podUid);
    if (known === undefined || known.containerId === '') owners.set(owner.podUid, owner);
  }
  return [...owners.values()];
}

/**
 * A CNI's own pod sends processes into the namespaces of others to set them up. What gives them away is a parent in the
 * same container but in another namespace.
 */
function isVisitor(pid: number, owner: CgroupOwner, namespaceOf: ReadonlyMap<number, number>): boolean {
  const parent = parentOf(pid);
  if (parent === 0 || namespaceOf.get(parent) === namespaceOf.get(pid)) return false;
  const parents = ownerOf(textOf(`/proc/${parent}/cgroup`));
  return parents !== null && parents.podUid === owner.podUid && parents.containerId === owner.containerId;
}
