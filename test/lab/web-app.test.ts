import { setMaxListeners } from 'node:events';
import t from 'tap';
import { edgeKey } from '../../core/edge.ts';
import { readPolicies } from '../../lab/demo/policies.ts';
import { watchEdges } from '../../lab/demo/watch.ts';
import { Weir } from '../../lab/demo/weir.ts';
import type { ExpectedEdge } from '../../lab/expected.ts';
import { Lab } from '../../lab/lab.ts';
import { nodeNames } from '../../lab/shape.ts';
import { downloadOf, openBrowser, openPage, withoutBrowser } from '../ui/browser.ts';
import { freePort } from './demo-process.ts';
import { whyNoLab } from './privileged.ts';

t.setTimeout(180_000);

/** An edge within namespace shop whose server talks to nobody outside: whatever its policy leaves out is left out by hand. */
function edgeToDeny(edges: readonly ExpectedEdge[]): ExpectedEdge {
  const inShop = (end: ExpectedEdge['id']['client']) => end.type === 'workload' && end.namespace === 'shop';
  const outside = new Set(
    edges.flatMap(({ id: { client, server } }) => {
      if (client.type === 'workload' && server.type === 'workload') return [];
      return [client, server].filter((end) => end.type === 'workload').map(({ name }) => name);
    }),
  );
  const found = edges.find(({ id: { client, server }, by }) => {
    return by === 'tcp' && inShop(client) && inShop(server) && server.type === 'workload' && !outside.has(server.name);
  });
  if (found === undefined) throw new Error('the lab has no such edge');
  return found;
}

t.test('from the open page to a policy that enforces', { skip: whyNoLab() || withoutBrowser }, async (t) => {
  const { signal: abort } = new AbortController();
  setMaxListeners(0, abort);
  const lab = await Lab.start({
    name: 'webtest',
    cni: 'calico',
    nodes: nodeNames('2'),
    abort,
    onProgress: () => undefined,
  });
  t.teardown(() => lab.stop());
  const listens = await Promise.all([freePort(), freePort(), freePort()]);
  const [listen = '', metricsListen = '', httpListen = ''] = listens.map((port) => `127.0.0.1:${port}`);
  const weir = await Weir.start(
    lab,
    {
      name: 'webtest',
      cni: 'calico',
      nodes: '2',
      once: true,
      json: false,
      listen,
      metricsListen,
      httpListen,
      window: '2s',
    },
    abort,
  );
  t.teardown(() => weir.close());
  const expected = lab.expectedEdges();
  lab.startTraffic();
  const { missing } = await watchEdges(weir, expected, { withinMs: 60_000, settleMs: 2_000 }, () => undefined, abort);
  t.strictSame(missing, []);
  const denied = edgeToDeny(expected);
  const { client, server, port } = denied.id;
  if (client.type !== 'workload' || server.type !== 'workload') return t.fail('both ends are workloads');

  const { page, faults } = await openPage(await openBrowser(t), `http://${httpListen}`);
  await page.goto(`http://${httpListen}/`);
  await page.locator('.card[data-id="namespace:shop"]').waitFor();
  const choose = async (field: string, text: string) => {
    await page.getByRole('combobox', { name: field }).fill(text);
    await page
      .getByRole('option', { name: new RegExp(`^${text}`) })
      .first()
      .click();
  };
  await choose('Namespace', 'shop');
  await choose('Workload or Service', server.name);
  await page.getByRole('button', { name: 'Ingress', exact: true }).click();
  await page.getByRole('checkbox', { name: `Exclude ${client.name} TCP ${port}` }).click();
  await page.getByRole('button', { name: 'Policy', exact: true }).click();
  await page.getByRole('region', { name: 'Generated policy' }).waitFor();
  await page.getByText('would be denied').first().waitFor();
  const { text } = await downloadOf(page, () => page.getByRole('button', { name: 'Download YAML' }).click());
  t.strictSame(faults, []);

  await lab.enforce(readPolicies(text));
  const { ok, failed } = await lab.checkLegitimate();
  t.ok(ok > 0);
  t.ok(failed.length > 0, 'what was excluded is denied');
  t.strictSame([...new Set(failed.map(({ edge }) => edge))], [edgeKey(denied.id)], 'and nothing else is');
});
