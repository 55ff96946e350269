import t from 'tap';
import { openBrowser, openPage, textOtherThan, withoutBrowser } from './browser.ts';
import { PathProxy } from './proxy.ts';
import { ServedCluster, smallSize } from './served-cluster.ts';

t.setTimeout(120_000);

t.test('below a path of a proxy the page lives on through a restart', { skip: withoutBrowser }, async (t) => {
  const served = await ServedCluster.start(smallSize);
  t.teardown(() => served.stop());
  await served.report(2);
  const proxy = await PathProxy.start('/tools/weir', served.url);
  t.teardown(() => proxy.stop());
  const { page, faults } = await openPage(await openBrowser(t), proxy.origin);

  await page.goto(`${proxy.url}?screen=ingress&namespace=shop&sort=peer`);
  await page
    .getByRole('status')
    .filter({ hasText: /^Live$/ })
    .waitFor();
  await page.locator('.tr.row').first().waitFor();
  const peers = () => page.locator('.tr.row > :nth-child(3)').allTextContents();
  const before = await peers();
  const connections = () => page.locator('.tr.row .number').first().textContent();
  const count = await connections();

  await served.report(1);
  await textOtherThan(page, '.tr.row .number', count);
  t.strictSame(await peers(), before, 'what came since changed figures, and moved no row');

  await page.getByRole('button', { name: /pause/ }).click();
  t.match(page.url(), /span=\d+-\d+/);
  await page.getByRole('button', { name: /go live/ }).click();
  await page
    .getByRole('status')
    .filter({ hasText: /^Live$/ })
    .waitFor();

  const stopping = served.restart();
  await page.getByRole('status').filter({ hasText: 'Reconnecting' }).waitFor();
  await stopping;
  await page
    .getByRole('status')
    .filter({ hasText: /^Live$/ })
    .waitFor();
  const old = await connections();
  await served.report(1);
  await textOtherThan(page, '.tr.row .number', old);
  t.strictSame(faults, []);
});
