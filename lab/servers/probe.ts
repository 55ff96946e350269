import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../core/errors.ts';
import { queryDns } from './dns-query.ts';
import { requestQuote, sendStatsd } from './exchanges.ts';
import type { ProbeConfig, ProbeResult, ProbeRun } from './probe-config.ts';

function connectTcp(host: string, port: number, source: string | null, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const from = source === null ? {} : { localAddress: source };
    const socket = connect({ host, port, family: 4, autoSelectFamily: false, ...from }, () => {
      socket.destroy();
      resolve();
    });
    // The time of the name lookup counts too, so the socket's own idle timer will not do.
    const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
    socket.on('error', reject);
    socket.on('close', () => clearTimeout(timer));
  });
}

function attempt(probe: ProbeConfig, timeoutMs: number): Promise<void> {
  switch (probe.kind) {
    case 'tcp':
      return connectTcp(probe.host, probe.port, probe.source, timeoutMs);
    case 'quote':
      return requestQuote(probe.host, probe.port, timeoutMs);
    case 'statsd':
      return sendStatsd(probe.host, probe.port, probe.name);
    case 'dns':
      return queryDns(probe.host, probe.protocol, probe.name, timeoutMs);
  }
}

async function result(probe: ProbeConfig, { timeoutMs, retryMs }: ProbeRun): Promise<ProbeResult> {
  const endMs = performance.now() + retryMs;
  for (;;) {
    try {
      await attempt(probe, timeoutMs);
      return null;
    } catch (error) {
      if (performance.now() >= endMs) return messageOf(error);
      await sleep(100);
    }
  }
}

/** Makes all attempts at once and prints their results as a JSON array: `node probe.js '{"probes":[...]}'`. */
const run = JSON.parse(process.argv[2] as string) as ProbeRun;
const results = await Promise.all(run.probes.map((probe) => result(probe, run)));
process.stdout.write(JSON.stringify(results));
// A name lookup that nobody answers would hold the process for seconds after its attempt was given up.
process.exit();
