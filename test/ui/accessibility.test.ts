import { join } from 'node:path';
import axe from 'axe-core';
import t from 'tap';
import { openBrowser, openPage, withoutBrowser } from './browser.ts';
import { ServedCluster, smallSize } from './served-cluster.ts';

t.setTimeout(120_000);

/** By the name of their screenshots. */
const views = {
  namespaces: '',
  map: '?namespace=shop&selected=workload%3Ashop%2FDeployment%2Fcart',
  matrix: '?form=matrix&namespace=shop',
  ingress: '?screen=ingress&namespace=shop&group=peerKind',
  egress: '?screen=egress&namespace=shop',
  policy: '?screen=policy&namespace=shop',
  applied: '?screen=applied&namespace=shop',
  coverage: '?screen=coverage',
  settings: '?screen=settings',
};
/** For people to look at. */
const screenshots = join(import.meta.dirname, '../../../.screenshots');

/** What axe calls serious or critical, each with where it is. */
type Finding = readonly [rule: string, where: string];

t.test('no screen has serious findings of axe', { skip: withoutBrowser }, async (t) => {
  const served = await ServedCluster.start(smallSize);
  t.teardown(() => served.stop());
  await served.report(4);
  const browser = await openBrowser(t);
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await openPage(browser, new URL(served.url).origin, { colorScheme });
    for (const [name, view] of Object.entries(views)) {
      await page.goto(served.url + view);
      await page.getByText('Asking the aggregator').waitFor({ state: 'detached' });
      await page.locator('main').locator('.card, .cell, .tr, .yaml, .empty, table, form').first().waitFor();
      await page.screenshot({ path: join(screenshots, `${name}-${colorScheme}.png`) });
      await page.evaluate(axe.source);
      const findings = await page.evaluate(async (): Promise<Finding[]> => {
        const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
        const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
        return serious.map(({ id, nodes }) => [
          id,
          nodes
            .slice(0, 3)
            .map(({ html }) => html.slice(0, 200))
            .join('\n'),
        ]);
      });
      t.strictSame(findings, [], `${colorScheme} ${name}`);
    }
    await page.context().close();
  }
});
