import { AggregatorRegistry, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { version } from '../../core/version.ts';
import type { CertificateFiles } from '../../tls/certificate-files.ts';

/** What a page of metrics is made of. */
export interface MetricPage {
  readonly contentType: string;
  text(): Promise<string>;
}

function processRegistry(certificates: CertificateFiles | null): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const help = 'Version of this process; always 1.';
  const info = new Gauge({
    name: 'weir_build_info',
    help,
    labelNames: ['component', 'version'],
    registers: [registry],
  });
  info.set({ component: 'aggregator', version }, 1);
  registry.registerMetric(
    new Gauge({
      name: 'weir_certificate_expiry_timestamp_seconds',
      help: 'When the certificate of this process ends, in seconds since 1970; absent where it has none.',
      registers: [],
      collect() {
        const expiresUnixMs = certificates?.expiresUnixMs ?? null;
        if (expiresUnixMs === null) this.remove();
        else this.set(expiresUnixMs / 1000);
      },
    }),
  );
  return registry;
}

/**
 * The metrics of the process and of its clusters. Where there are several, each series says of which cluster it is.
 * @param clusters by name; all have metrics of the same names
 * @param certificates null where text is plain
 */
export function metricPage(clusters: ReadonlyMap<string, Registry>, certificates: CertificateFiles | null): MetricPage {
  const ofProcess = processRegistry(certificates);
  const registries = [...clusters.values()];
  const [only] = registries;
  if (clusters.size > 1) for (const [cluster, registry] of clusters) registry.setDefaultLabels({ cluster });
  const ofClusters = async () => {
    if (registries.length === 1 && only !== undefined) return await only.metrics();
    const each = await Promise.all(registries.map((registry) => registry.getMetricsAsJSON()));
    return await AggregatorRegistry.aggregate(each).metrics();
  };
  return {
    contentType: ofProcess.contentType,
    text: async () => `${await ofProcess.metrics()}\n${await ofClusters()}`,
  };
}
