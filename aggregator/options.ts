import { hostname } from 'node:os';
import type { AggregatorOptions } from './aggregator.ts';
import type { AggregatorConfig } from './config.ts';
import { processIdOf } from './process-id.ts';

const maxUpkeepEveryMs = 15_000;
const sharedPollMs = 1_000;
/** What is told may be large where there are many agents. */
const tellEveryMs = 10_000;

/** What an aggregator is told of the configuration of its process. */
export function optionsOf(config: AggregatorConfig): AggregatorOptions {
  const { listen, metricsListen, httpListen, httpBasePath, ui, maxEdges, maxSeries, maxAliases } = config;
  const { maxAnswerEdges, maxBaselines, credits, maxStreams } = config;
  return {
    listen,
    metricsListen,
    httpListen,
    httpBasePath,
    ui,
    processId: processIdOf(config.cluster, process.env, hostname()),
    tellEveryMs,
    tiers: config.keep,
    keepSightingsMs: config.keepSightings,
    tailMs: config.tail,
    upkeepEveryMs: Math.min(maxUpkeepEveryMs, config.tail / 4),
    pollEveryMs: sharedPollMs,
    rememberMs: config.remember,
    identityWaitMs: config.identityWait,
    clusterWaitMs: config.clusterWait,
    maxEdges,
    maxSeries,
    maxAliases,
    maxAnswerEdges,
    maxBaselines,
    credits,
    maxBatchesUnderWay: config.maxUnderWay,
    maxStreams,
    maxDictionaryBytes: config.maxDictionaryMb * 1e6,
  };
}
