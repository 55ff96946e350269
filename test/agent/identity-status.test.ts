import t from 'tap';
import type { PodInterface } from '../../agent/identity/join.ts';
import { countInterfaces, identityStatus } from '../../agent/identity/status.ts';

const unnamed = (ifindex: number): PodInterface => ({
  ifindex,
  name: `veth${ifindex}`,
  nsid: ifindex,
  cookie: 0n,
  resolution: { state: 'unresolved', reason: 'no-sandbox', detail: 'no sandbox is known for its namespace' },
});

t.test('thousands of interfaces without a pod are counted, and some of them named', async (t) => {
  const known = Array.from({ length: 5000 }, (_, i) => unnamed(i));
  const view = { known, attached: [], cnis: [], sources: [] };
  const status = identityStatus(view);
  t.equal(status.unresolvedInterfaces.length, 101);
  t.equal(status.unresolvedInterfaces[0], 'veth0: no sandbox is known for its namespace');
  t.equal(status.unresolvedInterfaces.at(-1), 'and 4900 more');
  t.same(status.unresolvedByReason, { 'no-sandbox': 5000 });
  t.same(countInterfaces(view), { byMeans: {}, byReason: { 'no-sandbox': 5000 } });
});
