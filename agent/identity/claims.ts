import type { Link } from '../../native/native.ts';
import type { Claim, LinkClaim } from './claim.ts';
import type { Cni } from './cni/cni.ts';
import type { NamesOfPods } from './names-of-pods.ts';

/** The names inside a pod that a CNI is asked about besides those in its results. */
const ownInterface = 'eth0';

/** Link names that the CNIs at work would give the pods that are known. */
function* nameClaims(cnis: readonly Cni[], names: NamesOfPods): Iterable<LinkClaim> {
  for (const { pod, containerId } of names.all()) {
    for (const cni of cnis) {
      const linkName = cni.nameOf({ pod, containerId, interfaceName: ownInterface });
      if (linkName === null) continue;
      yield { means: 'interface-name', linkName, ifindex: 0, pod, uid: pod.uid, containerId, address: null };
    }
  }
}

/** What is said of links by their names and by their CNIs' records, ready to be asked link by link. */
export class Claims {
  readonly #byLink = new Map<string, { readonly ifindex: number; readonly claim: Claim }[]>();

  constructor(cnis: readonly Cni[], records: Iterable<LinkClaim>, names: NamesOfPods) {
    for (const each of records) this.#add(each, names);
    for (const each of nameClaims(cnis, names)) this.#add(each, names);
  }

  #add(each: LinkClaim, names: NamesOfPods): void {
    const claim = names.claimOf(each);
    if (claim === null) return;
    const known = this.#byLink.get(each.linkName);
    if (known === undefined) this.#byLink.set(each.linkName, [{ ifindex: each.ifindex, claim }]);
    else known.push({ ifindex: each.ifindex, claim });
  }

  on({ name, ifindex }: Link): readonly Claim[] {
    const known = this.#byLink.get(name) ?? [];
    return known.flatMap((each) => (each.ifindex === 0 || each.ifindex === ifindex ? [each.claim] : []));
  }
}
