import axe from 'axe-core';
import t from 'tap';
import { openBrowser, openPage, withoutBrowser } from './browser.ts';
import { ServedCluster, smallSize } from './served-cluster.ts';

t.setTimeout(120_000);

const views = [
  '',
  '?namespace=shop&selected=workload%3Ashop%2FDeployment%2Fcart',
  '?form=matrix&namespace=shop',
  '?screen=ingress&namespace=shop&group=peerKind',
  '?screen=policy&namespace=shop',
  '?screen=applied&namespace=shop',
  '?screen=coverage',
  '?screen=settings',
];

/** What axe calls serious or critical, each with where it is. */
type Finding = readonly [rule: string, where: string];

t.test('no screen has serious findings of axe', { skip: withoutBrowser }, async (t) => {
  const served = await ServedCluster.start(smallSize);
  t.teardown(() => served.stop());
  await served.report(4);
  const browser = await openBrowser(t);
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await openPage(browser, new URL(served.url).origin, { colorScheme });
    for (const view of views) {
      await page.goto(served.url + view);
      await page.getByText('Asking the aggregator').waitFor({ state: 'detached' });
      await page.locator('main').locator('.card, .cell, .tr, .yaml, .empty, table, form').first().waitFor();
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
      t.strictSame(findings, [], `${colorScheme} ${view}`);
    }
    await page.context().close();
  }
});
