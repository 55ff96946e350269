import { createHash } from 'node:crypto';
import { linksOf, namesOf, onNode, podsOn, tryCni } from './cni.ts';

await tryCni('calico', (t, lab) => {
  for (const node of lab.nodes) {
    const pods = podsOn(lab, node);
    const links = linksOf(node);
    const wanted = pods.map(({ namespace, name }) => {
      const hash = createHash('sha1').update(`${namespace}.${name}`).digest('hex');
      return `cali${hash.slice(0, 11)}`;
    });
    t.strictSame(namesOf(links), [...wanted, 'eth0', 'vxlan.calico'].toSorted());
    t.equal(links.get('vxlan.calico')?.linkinfo?.info_kind, 'vxlan');
    const routes = onNode(node, 'ip', 'route', 'show');
    for (const pod of pods) t.match(routes, `${pod.address} dev ${pod.interface} scope link`);
    for (const { podCidr } of lab.nodes.filter((other) => other !== node)) {
      t.match(routes, new RegExp(`${podCidr} via \\S+ dev vxlan.calico onlink`), 'other nodes are behind the tunnel');
    }
  }
});
