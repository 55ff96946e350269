import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';
import type { MadeSize } from '../test/ui/made-cluster.ts';
import { largeSize, ServedCluster, smallSize } from '../test/ui/served-cluster.ts';
import type { Bench, Result, Run } from './bench.ts';
import { median, rounded, sum } from './statistics.ts';
import { openUseful, panFrames, scrollFrames } from './ui-pages.ts';

const built = join(import.meta.dirname, '../ui');
const executablePath = '/usr/bin/chromium';
const patienceMs = 60_000;
const framesPerRound = 90;

/** A namespace whose map is as large as a map may be. */
const budgetSize: MadeSize = { namespaces: ['shop'], workloads: 190, edges: 560, nodes: 3, seed: 5 };

interface UiRound {
  readonly firstPaintMs: number;
  readonly map200Ms: number;
  readonly map2000Ms: number;
  readonly tableFrameMs: number;
  readonly panFrameMs: number;
}

/** What the page loads before it shows anything, compressed, in kB. */
function initialScripts(): number {
  const page = readFileSync(join(built, 'index.html'), 'utf8');
  const names = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map(([, name]) => name ?? '');
  return sum(names.map((name) => gzipSync(readFileSync(join(built, name)), { level: 9 }).length)) / 1000;
}

interface Clusters {
  readonly small: ServedCluster;
  readonly budget: ServedCluster;
  readonly large: ServedCluster;
}

async function measureRound(browser: Browser, { small, budget, large }: Clusters): Promise<UiRound> {
  const close = async (page: Awaited<ReturnType<typeof openUseful>>['page']) => await page.context().close();
  const first = await openUseful(browser, small.url, patienceMs);
  await close(first.page);
  const map = await openUseful(browser, `${budget.url}?namespace=shop&form=map`, patienceMs);
  const panFrameMs = median(await panFrames(map.page, framesPerRound));
  await close(map.page);
  const whole = await openUseful(browser, large.url, patienceMs);
  await close(whole.page);
  const table = await openUseful(browser, `${large.url}?screen=egress`, patienceMs);
  const tableFrameMs = median(await scrollFrames(table.page, framesPerRound));
  await close(table.page);
  return { firstPaintMs: first.usefulMs, map200Ms: map.usefulMs, map2000Ms: whole.usefulMs, tableFrameMs, panFrameMs };
}

async function serve(run: Run, size: MadeSize): Promise<ServedCluster> {
  const served = await ServedCluster.start(size);
  run.undo.later(() => served.stop());
  await served.report(1);
  run.abort.throwIfAborted();
  return served;
}

async function measure(run: Run): Promise<Result> {
  const small = await serve(run, smallSize);
  const budget = await serve(run, budgetSize);
  const large = await serve(run, largeSize);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  run.undo.later(() => browser.close());
  const rounds: UiRound[] = [];
  for (let round = 0; round < run.rounds; round++) {
    rounds.push(await measureRound(browser, { small, budget, large }));
    run.progress(`round ${round + 1} of ${run.rounds}`);
    run.abort.throwIfAborted();
  }
  const scripts = initialScripts();
  const of = (name: keyof UiRound) => rounds.map((round) => round[name]);
  const figure = (label: string, name: keyof UiRound, atMost: number) => ({
    label,
    unit: 'ms',
    perRound: of(name),
    bar: { atMost },
  });
  return {
    json: {
      first_paint_ms: rounded(median(of('firstPaintMs')), 0),
      js_gzip_kb: rounded(scripts, 1),
      map_200_ms: rounded(median(of('map200Ms')), 0),
      map_2000_ms: rounded(median(of('map2000Ms')), 0),
      table_20000_ms: rounded(median(of('tableFrameMs')), 1),
      pan_frame_ms: rounded(median(of('panFrameMs')), 1),
    },
    figures: [
      figure('first useful paint', 'firstPaintMs', 1_500),
      { label: 'scripts at the start, gzip', unit: 'kB', perRound: [scripts], bar: { atMost: 350 } },
      figure('map of about 200 nodes', 'map200Ms', 1_500),
      figure('2,000 workloads, aggregated', 'map2000Ms', 2_000),
      figure('frame while a table of 20,000 edges scrolls', 'tableFrameMs', 50),
      { label: 'frame while the map of 200 is dragged', unit: 'ms', perRound: of('panFrameMs') },
    ],
  };
}

/**
 * What a person waits for in the web app: a real aggregator with made-up clusters, and Chromium without a GPU. Paints
 * are counted from the navigation, with an empty cache, to the frame behind the one in which something of the cluster
 * came. Frames are medians over a second and a half of scrolling or dragging; none is shorter than the display's 16.7 ms.
 */
export const ui: Bench = {
  name: 'ui',
  sentence: 'How long the web app takes to show a cluster, and how it scrolls and pans.',
  rounds: 5,
  seconds: 1,
  run: measure,
};
