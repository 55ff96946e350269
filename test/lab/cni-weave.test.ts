import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { linksOf, namesOf, podsOn, tryCni } from './cni.ts';

await tryCni('weave', (t, lab) => {
  const infrastructure = ['datapath', 'eth0', 'vethwe-bridge', 'vethwe-datapath', 'vxlan-6784', 'weave'];
  for (const node of lab.nodes) {
    const links = linksOf(node);
    const wanted = podsOn(lab, node).map(({ sandbox }) => `vethwepl${sandbox.slice(0, 7)}`);
    t.strictSame(namesOf(links), [...wanted, ...infrastructure].toSorted());
    for (const name of [...wanted, 'vethwe-bridge']) t.equal(links.get(name)?.master, 'weave');
    for (const name of ['vethwe-datapath', 'vxlan-6784']) t.equal(links.get(name)?.master, 'datapath');
    t.match(JSON.parse(readFileSync(`${node.cniConfDir}/10-weave.conflist`, 'utf8')), {
      plugins: [{ type: 'weave-net' }],
    });
  }
  const [first, second] = lab.nodes;
  if (first === undefined || second === undefined) throw new Error('there are two nodes');
  t.equal(readdirSync(first.cniResultsDir).length, podsOn(lab, first).length);
  t.notOk(existsSync(second.cniResultsDir), 'on the second node only names and cgroups say who is who');
  for (const { cgroup, uid, sandbox } of lab.pods) {
    t.match(cgroup, new RegExp(`/kubepods/besteffort/pod${uid}/${sandbox}$`));
    t.not(readFileSync(`${cgroup}/cgroup.procs`, 'utf8'), '');
  }
});
