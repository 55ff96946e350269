import t from 'tap';
import { downloadOf, openBrowser, openPage, withoutBrowser } from './browser.ts';
import { ServedCluster, smallSize } from './served-cluster.ts';

t.setTimeout(120_000);

t.test('what a person does on the screens', { skip: withoutBrowser }, async (t) => {
  const served = await ServedCluster.start(smallSize);
  t.teardown(() => served.stop());
  await served.report(8);
  const browser = await openBrowser(t);
  const { page, faults } = await openPage(browser, new URL(served.url).origin);

  await t.test('the map opens with namespaces, and a namespace opens to its workloads', async (t) => {
    await page.goto(served.url);
    await page.locator('.face[data-id="namespace:shop"]').dblclick();
    await page.locator('.face[data-id="workload:shop/Deployment/cart"]').click();
    t.match(page.url(), 'open=shop');
    t.ok(await page.locator('.card.silent').count(), 'silent workloads are shown');
    t.match(await page.getByRole('complementary', { name: 'Details' }).textContent(), /Deployment, 1 pod/);
    await page.getByRole('button', { name: 'Focus', exact: true }).click();
    await page.getByRole('button', { name: '2 hops' }).click();
    t.match(page.url(), 'entity=Deployment%2Fcart');
  });

  await t.test('a link shows the same, and the way back goes back', async (t) => {
    const url = page.url();
    const other = await openPage(browser, new URL(served.url).origin);
    await other.page.goto(url);
    t.equal(await other.page.getByRole('button', { name: '2 hops' }).getAttribute('aria-pressed'), 'true');
    t.equal(await other.page.getByRole('combobox', { name: 'Workload or Service' }).inputValue(), 'cart');
    await other.page.context().close();
    await page.goBack();
    t.equal(await page.getByRole('button', { name: '1 hop' }).getAttribute('aria-pressed'), 'true');
  });

  await t.test('the map is exported as a picture and as text', async (t) => {
    for (const [form, expected] of [
      ['SVG', /^<svg/],
      ['PNG', /PNG/],
      ['DOT', /^digraph weir/],
      ['Mermaid', /^flowchart LR/],
    ] as const) {
      const { name, text } = await downloadOf(page, async () => {
        await page.getByRole('button', { name: 'Export' }).click();
        await page.getByRole('button', { name: form, exact: true }).click();
      });
      t.match(text, expected, name);
    }
  });

  await t.test('tables are searched, sorted and saved', async (t) => {
    await page.goto(`${served.url}?screen=ingress&namespace=shop&sort=peer`);
    const rows = page.locator('.tr.row');
    await rows.first().waitFor();
    const all = await rows.count();
    await page.getByRole('button', { name: 'Bytes' }).click();
    t.equal(await page.getByRole('columnheader', { name: 'Bytes' }).getAttribute('aria-sort'), 'ascending');
    await page.getByRole('searchbox', { name: 'Search rows' }).fill('payments');
    await rows.nth(all - 1).waitFor({ state: 'detached' });
    const { text } = await downloadOf(page, () => page.getByRole('button', { name: 'CSV' }).click());
    t.match(text, /^direction,namespace,workload/);
    t.notOk(
      text
        .split('\r\n')
        .slice(1)
        .some((line) => line !== '' && !line.includes('payments')),
    );
  });

  await t.test('a row that is excluded leaves the policy, and the replay says what it would deny', async (t) => {
    await page.goto(`${served.url}?screen=egress&namespace=shop&search=UDP+53`);
    await page.getByRole('checkbox', { name: 'Exclude coredns UDP 53' }).first().click();
    t.match(page.url(), 'rows=-');
    await page.getByRole('button', { name: 'Policy', exact: true }).click();
    await page.getByRole('region', { name: 'Generated policy' }).waitFor();
    const { name, text } = await downloadOf(page, () => page.getByRole('button', { name: 'Download YAML' }).click());
    t.equal(name, 'weir-shop.yaml');
    t.match(text, /kind: NetworkPolicy/);
    t.ok(await page.getByText('Replay of').count());
  });

  await t.test('nothing to see names its cause', async (t) => {
    await page.goto(`${served.url}?screen=ingress&namespace=shop&search=no-such-thing`);
    await page.getByRole('heading', { name: 'The filter leaves nothing' }).waitFor();
    await page.getByRole('button', { name: 'Clear filter and search' }).click();
    await page.locator('.tr.row').first().waitFor();
    await page.goto(`${served.url}?screen=ingress&namespace=shop&span=1000-2000`);
    await page.getByRole('heading', { name: 'Nothing was watched in this time' }).waitFor();
    t.pass('both causes are named');
  });

  await t.test('coverage and settings are told and changed', async (t) => {
    await page.goto(`${served.url}?screen=settings`);
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('bank');
    await page.getByRole('textbox', { name: 'Block or address' }).fill('203.0.113.0/24');
    await page.getByRole('button', { name: 'Set alias' }).click();
    await page.getByRole('button', { name: 'Remove bank' }).waitFor();
    await page.goto(`${served.url}?screen=coverage`);
    await page.getByText('the kernel is older than 5.17').first().waitFor();
    t.pass('an agent whose kernel lacks something says so');
  });

  t.strictSame(faults, [], 'nothing was refused, nothing broke, nobody else was asked');
});
