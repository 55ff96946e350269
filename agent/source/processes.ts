import { readdirSync } from 'node:fs';
import { type CaptureHandle, type NamespaceIds, native } from '../../native/native.ts';

/** A network namespace, and the processes in it. */
export interface InhabitedNamespace {
  readonly ids: NamespaceIds;
  readonly pids: readonly number[];
}

/** Layout of struct process_namespace in bpf/weir.h. */
const recordSize = 16;
const pidOffset = 8;

function groupBy<Key>(entries: Iterable<readonly [Key, number]>): Map<Key, number[]> {
  const groups = new Map<Key, number[]>();
  for (const [key, pid] of entries) {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [pid]);
    else group.push(pid);
  }
  return groups;
}

/** One walk in the kernel tells the cookie of every process's namespace. */
function byIterator(capture: CaptureHandle): InhabitedNamespace[] {
  const records = native.runIterator(capture, 'find_processes');
  const entries: [bigint, number][] = [];
  for (let at = 0; at + recordSize <= records.length; at += recordSize) {
    entries.push([records.readBigUInt64LE(at), records.readUInt32LE(at + pidOffset)]);
  }
  const groups = [...groupBy(entries)];
  const nsids = native.processNamespaceIds(groups.map(([, pids]) => pids[0] ?? 0));
  return groups.map(([cookie, pids], i) => ({ ids: { cookie, nsid: nsids[i] ?? -1 }, pids }));
}

/** Without iterators each process is asked about, and the cookie is read by a visit. */
function byProc(): InhabitedNamespace[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  const nsids = native.processNamespaceIds(pids);
  const groups = [...groupBy(pids.map((pid, i) => [nsids[i] ?? -1, pid] as const))].filter(([nsid]) => nsid >= 0);
  const looks = native.lookAtNamespaces(
    groups.map(([, group]) => `/proc/${group[0]}/ns/net`),
    null,
  );
  return groups.map(([nsid, group], i) => {
    const look = looks[i];
    // The process may have gone, and its number be another's.
    const isSame = look !== undefined && look.problem === '' && look.nsid === nsid;
    return { ids: { nsid, cookie: isSame ? look.cookie : 0n }, pids: group };
  });
}

/** The network namespaces that processes are in. @param capture with the program find_processes; null without */
export function inhabitedNamespaces(capture: CaptureHandle | null): InhabitedNamespace[] {
  return capture === null ? byProc() : byIterator(capture);
}
