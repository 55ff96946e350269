import t from 'tap';
import { openBrowser, openPage, withoutBrowser } from './browser.ts';
import { largeSize, ServedCluster } from './served-cluster.ts';

t.setTimeout(180_000);

t.test('a cluster of 2,000 workloads and 20,000 edges', { skip: withoutBrowser }, async (t) => {
  const served = await ServedCluster.start(largeSize);
  t.teardown(() => served.stop());
  await served.report(1);
  const { page, faults } = await openPage(await openBrowser(t), new URL(served.url).origin);

  await t.test('opens as its namespaces', async (t) => {
    await page.goto(served.url);
    await page.locator('.card, .cell').first().waitFor();
    t.ok((await page.locator('.card.namespace').count()) + (await page.locator('.matrix').count()) > 0);
    t.notOk(await page.locator('.card.workload').count());
  });

  await t.test('a namespace that is a tangle is a matrix, and says why', async (t) => {
    await page.goto(`${served.url}?namespace=team-01`);
    await page.locator('.card, .cell').first().waitFor();
    const matrix = (await page.locator('.matrix').count()) > 0;
    t.equal(await page.getByText('Shown as a matrix').count(), matrix ? 1 : 0);
  });

  await t.test('the table has all rows and draws those in view', async (t) => {
    await page.goto(`${served.url}?screen=egress`);
    await page.locator('.tr.row').first().waitFor();
    const rows = Number(await page.getByRole('grid').getAttribute('aria-rowcount')) - 1;
    t.ok(rows > 15_000, `${rows} rows`);
    t.ok((await page.locator('.tr.row').count()) < 120);
    await page.locator('.tr.row').first().focus();
    await page.keyboard.press('End');
    await page.locator(`.tr.row[aria-rowindex="${rows + 1}"]`).waitFor();
  });
  t.strictSame(faults, []);
});
