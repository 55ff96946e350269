import { type Address, addressFromBytes } from '../core/address.ts';
import { directionEvidence, protocols } from '../core/flow.ts';
import { check, checkKnown, quote } from './check.ts';
import { atDistance, readColumn } from './column.ts';
import { type Dictionary, roles } from './dictionary.ts';
import { isCountName, isDnsName } from './names.ts';
import type { SharedTexts } from './shared-texts.ts';
import type * as wire from './wire.ts';

/** The longest text that says who a pod is. Kubernetes allows 253 characters for a name. */
const maxPodText = 253;
const maxPort = 65_535;

function checkRoom(entries: number, more: number, most: number, what: string): void {
  check(entries + more <= most, `the dictionary of the stream would have ${entries + more} ${what}; at most ${most}`);
}

function addPods(
  { podNamespaces, podNames, podUids }: wire.Additions,
  dictionary: Dictionary,
  texts: SharedTexts,
): void {
  const pods = podUids.length;
  check(podNamespaces.length === pods && podNames.length === pods, 'the columns of pods differ in length');
  for (const [i, uid] of podUids.entries()) {
    const pod = { namespace: texts.of(podNamespaces[i] as string), name: podNames[i] as string, uid };
    check(uid !== '', `pod ${quote(`${pod.namespace}/${pod.name}`)} has no uid`);
    for (const text of Object.values(pod)) {
      check(text.length <= maxPodText, `pod ${quote(pod.name)} has a text of ${text.length} characters`);
    }
    dictionary.pods.push(pod);
  }
}

function decodeAddresses(bytes: Uint8Array): Address[] {
  const addresses: Address[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at] as number;
    check(length === 4 || length === 16, `an address has ${length} bytes, not 4 or 16`);
    check(at + 1 + length <= bytes.length, 'the last address is cut');
    addresses.push(addressFromBytes(bytes.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
  return addresses;
}

function addEdges(message: wire.Edges, dictionary: Dictionary): void {
  const { count } = message;
  const column = (name: Exclude<keyof wire.Edges, 'count'>) => {
    const bytes = message[name];
    return bytes.length === 0 ? new Float64Array(count) : readColumn(bytes, count, `edges.${name}`);
  };
  const [pods, remotes, ports] = [column('pods'), column('remotes'), column('ports')];
  const [edgeRoles, edgeProtocols, evidence] = [column('roles'), column('protocols'), column('directionBy')];
  const [seenAs, seenAsPorts, names] = [column('seenAs'), column('seenAsPorts'), column('remoteNames')];
  const known = dictionary.sizes;
  let pod = 0;
  for (let i = 0; i < count; i++) {
    pod = atDistance(pods[i] as number, pod);
    const remote = atDistance(remotes[i] as number, dictionary.edges.largestRemote + 1);
    const edge = {
      pod,
      role: edgeRoles[i] as number,
      protocol: edgeProtocols[i] as number,
      directionBy: evidence[i] as number,
      remote,
      port: ports[i] as number,
      seenAs: seenAs[i] as number,
      seenAsPort: seenAsPorts[i] as number,
      name: names[i] as number,
    };
    checkKnown(edge.pod, known.pods, 'pod');
    checkKnown(edge.remote, known.addresses, 'remote');
    checkKnown(edge.seenAs, known.addresses + 1, 'seen_as');
    checkKnown(edge.name, known.names + 1, 'remote_name');
    check(edge.role < roles.length, `role ${edge.role} of new edge ${i} is not known`);
    check(edge.protocol < protocols.length, `protocol ${edge.protocol} of new edge ${i} is not known`);
    check(
      edge.directionBy < directionEvidence.length,
      `direction_by ${edge.directionBy} of new edge ${i} is not known`,
    );
    check(edge.port <= maxPort, `port of new edge ${i} is ${edge.port}`);
    check(edge.seenAsPort <= maxPort, `seen_as_port of new edge ${i} is ${edge.seenAsPort}`);
    check(edge.seenAs !== 0 || edge.seenAsPort === 0, `new edge ${i} has a seen_as_port and no seen_as`);
    dictionary.edges.add(edge);
  }
}

/**
 * Adds to a stream's dictionary what a batch brings for it. @param most entries of each kind that there may be
 * @param texts that it shares with other dictionaries
 * @throws Invalid for what is not good; Unknown for an edge of what was not said; then the dictionary is good no more
 */
export function addAdditions(
  additions: wire.Additions | null,
  dictionary: Dictionary,
  most: number,
  texts: SharedTexts,
): void {
  if (additions === null) return;
  const { pods, addresses, names, reasons, edges } = dictionary.sizes;
  checkRoom(pods, additions.podUids.length, most, 'pods');
  checkRoom(names, additions.remoteNames.length, most, 'names');
  checkRoom(reasons, additions.dropReasons.length, most, 'drop reasons');
  checkRoom(edges, additions.edges?.count ?? 0, most, 'edges');
  addPods(additions, dictionary, texts);
  const more = decodeAddresses(additions.addresses);
  checkRoom(addresses, more.length, most, 'addresses');
  for (const address of more) dictionary.addresses.push(texts.of(address));
  for (const name of additions.remoteNames) {
    check(isDnsName(name), `remote_names: not a name: ${quote(name)}`);
    dictionary.names.push(texts.of(name));
  }
  for (const reason of additions.dropReasons) {
    check(isCountName(reason), `drop reason: not a name: ${quote(reason)}`);
    dictionary.reasons.push(reason);
  }
  if (additions.edges !== null) addEdges(additions.edges, dictionary);
}
