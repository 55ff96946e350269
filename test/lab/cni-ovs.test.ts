import { execFileSync } from 'node:child_process';
import { linksOf, namesOf, podsOn, tryCni } from './cni.ts';

/** A row of OVSDB as `ovs-vsctl --format=json` prints it: maps are pairs behind a word. */
interface Table {
  readonly headings: readonly string[];
  readonly data: readonly (readonly unknown[])[];
}

await tryCni('ovs', (t, lab) => {
  for (const node of lab.nodes) {
    const pods = podsOn(lab, node);
    const wanted = pods.map(({ sandbox }) => sandbox.slice(0, 15));
    t.strictSame(
      namesOf(linksOf(node)).filter((name) => name !== 'ovs-netdev' && name !== 'br-int'),
      [...wanted, 'br-ex', 'eth0', 'ovn-k8s-mp0'].toSorted(),
    );
    const socket = lab.agentFlags(node)['ovsdb'];
    const list = ['--format=json', '--columns=name,type,external_ids', 'list', 'Interface'];
    const { data } = JSON.parse(
      execFileSync('ovs-vsctl', [`--db=unix:${socket}`, '--timeout=10', ...list], { encoding: 'utf8' }),
    ) as Table;
    const idsOf = (name: string) => {
      const [, , ids] = data.find(([each]) => each === name) ?? [];
      return Object.fromEntries((ids as [string, [string, string][]] | undefined)?.[1] ?? []);
    };
    for (const { interface: name, namespace, name: pod, uid, sandbox, address } of pods) {
      t.match(idsOf(name), {
        'iface-id': `${namespace}_${pod}`,
        'iface-id-ver': uid,
        sandbox,
        ip_addresses: `${address}/24`,
        attached_mac: /^0a:58:0a:f4:/,
      });
    }
    t.equal(data.filter(([, type]) => type === 'geneve').length, lab.nodes.length - 1, 'a tunnel to every other node');
  }
});
