import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf, commandsIn } from '../docs/blocks.ts';
import type { ApiCluster } from './api-cluster.ts';

const blocks = blocksOf('docs/OPERATE.md');

/** The commands of a page's blocks of a kind. */
function commandsOf(kind: string): string[] {
  return blocks.filter((block) => block.kind === kind).flatMap(commandsIn);
}

/** Copies the aggregator's database into the cluster's folder, as the page says. */
export async function backUp(cluster: ApiCluster): Promise<void> {
  for (const command of commandsOf('sh backup')) await cluster.must(command);
}

/** Restores that copy, as the page says. */
export async function restore(cluster: ApiCluster): Promise<void> {
  const file = /^yaml (\S+\.yaml)$/;
  for (const { kind, text } of blocks) {
    const name = file.exec(kind)?.[1];
    if (name !== undefined) writeFileSync(join(cluster.folder, name), text);
  }
  for (const command of commandsOf('sh restore')) await cluster.must(command);
}
