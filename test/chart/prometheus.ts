import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { TestNode } from '../agent/node-fixture.ts';

const address = '127.0.0.1:9090';

/** How often it scrapes, and over how long rates are taken. */
const scrapeEvery = '500ms';
export const rateInterval = '4s';

interface QueryResult {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly unknown[] };
}

/** A real Prometheus in the network of a node, which scrapes so many targets. */
export class Prometheus {
  readonly #node: TestNode;

  constructor(node: TestNode, targets: readonly string[]) {
    this.#node = node;
    const folder = join(node.folder, 'prometheus');
    mkdirSync(folder);
    const config = {
      global: { scrape_interval: scrapeEvery, scrape_timeout: scrapeEvery },
      scrape_configs: [{ job_name: 'weir', static_configs: [{ targets }] }],
    };
    writeFileSync(join(folder, 'prometheus.yml'), stringify(config));
    node.start(node, [
      'prometheus',
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ]);
  }

  /** What a query comes to now; null while nobody answers. @throws Error for one that is not valid */
  query(expression: string): readonly unknown[] | null {
    const query = ['--data-urlencode', `query=${expression}`, `http://${address}/api/v1/query`];
    let text: string;
    try {
      text = this.#node.run(['curl', '-s', '--max-time', '5', ...query]);
    } catch (error) {
      text = (error as { readonly stdout?: string }).stdout ?? '';
      if (text === '') return null;
    }
    const { status, error, data } = JSON.parse(text) as QueryResult;
    if (status !== 'success') throw new Error(`${expression}: ${error ?? 'failed'}`);
    return data?.result ?? [];
  }
}
