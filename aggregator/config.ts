import type { Values } from '../config/option.ts';
import { readOptions } from '../config/read.ts';
import { WeirError } from '../core/errors.ts';
import { checkTransport } from './check-transport.ts';
import { aggregatorOptions } from './config-options.ts';
import { hasPassword, isDatabaseUrl } from './config-values.ts';

export type AggregatorConfig = Values<typeof aggregatorOptions>;

/**
 * Reads what the aggregator is told by flags, environment and file. Null when only help or the version was asked for.
 * @param write takes help and version. @throws WeirError USAGE, CONFIG_INVALID
 */
export async function readConfig(
  argv: readonly string[],
  write: (text: string) => void,
): Promise<AggregatorConfig | null> {
  const description =
    'Takes in what the agents saw, keeps the workload graph and makes policies of it. The commands backup and restore copy ' +
    'its SQLite database, each with a --help of its own.';
  const config = await readOptions({ name: 'weir-aggregator', description, options: aggregatorOptions }, argv, write);
  if (config === null) return null;
  checkTransport(config);
  checkSources(config);
  checkDatabase(config);
  return config;
}

function refuse(what: string): never {
  throw new WeirError('CONFIG_INVALID', what);
}

/** Each cluster has one name and one state. @throws WeirError CONFIG_INVALID */
function checkSources({ cluster, alsoCluster, clusterFiles, kubeconfig, kubeContext }: AggregatorConfig): void {
  const names = [cluster, ...alsoCluster.map(({ name }) => name)];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) refuse(`--also-cluster: ${twice} is given twice`);
  if (kubeContext !== null && kubeconfig === null) refuse('--kube-context: needs the --kubeconfig that it is in');
  if (clusterFiles !== null && kubeconfig !== null)
    refuse('--cluster-files and --kubeconfig: give one of them, the cluster has one state');
}

/** @throws WeirError CONFIG_INVALID */
function checkDatabase({ database, databasePasswordFile }: AggregatorConfig): void {
  if (databasePasswordFile === null) return;
  if (!isDatabaseUrl(database)) refuse('--database-password-file: needs a URL in --database');
  if (hasPassword(database)) refuse('--database-password-file: the URL in --database has a password already; give one');
}
