import t from 'tap';
import { serving } from './serving.ts';

t.test('the settings are shown with their revision', async (t) => {
  const { run } = await serving(t);
  const { status, stdout } = await run('settings', 'show');
  t.equal(status, 0);
  t.match(stdout, /^workload labels +app$/m);
  t.match(stdout, /^never workload labels +helm\.sh\/\*$/m);
  t.match(stdout, /^rules for Services +targets$/m);
  t.match(stdout, /^revision +7$/m);
  t.match(JSON.parse((await run('settings', 'show', '-o', 'json')).stdout), {
    podCidrs: ['10.244.0.0/16'],
    revision: 7,
  });
});

t.test('what is given is changed, the rest and the revision that was read are passed on', async (t) => {
  const { run, double } = await serving(t);
  const lists = ['--workload-labels', 'app, role', '--pod-cidrs', '', '--service-rules', 'addresses'];
  const { status, stderr } = await run('settings', 'set', ...lists);
  t.match({ status, stderr }, { status: 0, stderr: /revision 7 now/ });
  t.match(double.asked[1], {
    settings: {
      workloadLabels: { include: ['app', 'role'], exclude: ['helm.sh/*'] },
      podCidrs: [],
      serviceRules: 'SERVICE_RULES_ADDRESSES',
      revision: 7,
    },
  });
});

t.test('a word that is no choice is refused before anything is asked', async (t) => {
  const { run, double } = await serving(t);
  t.match(await run('settings', 'set', '--service-rules', 'pods'), {
    status: 2,
    stderr: /--service-rules pods: give by-plugin, targets, addresses/,
  });
  t.strictSame(double.asked, []);
});
