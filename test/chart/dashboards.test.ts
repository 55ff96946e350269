import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { parse } from 'yaml';
import { AgentProcess } from '../agent/agent-process.ts';
import { TestNode, whyNoKernel } from '../agent/node-fixture.ts';
import type { TestPod } from '../agent/pod-wiring.ts';
import { podYaml } from '../aggregator/cluster-fixture.ts';
import { AggregatorProcess } from '../aggregator/process.ts';
import { Authority } from '../tls/authority.ts';
import { chart } from './helm.ts';
import { Prometheus, rateInterval } from './prometheus.ts';

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

const files = join(chart, 'files');
const dashboards = readdirSync(join(files, 'dashboards')).map(
  (name) => JSON.parse(readFileSync(join(files, 'dashboards', name), 'utf8')) as Dashboard,
);
const queries = dashboards.flatMap(({ panels }) =>
  panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr }))),
);

/** Metrics that alerts are about: one of another name would never fire. */
function metricsOfAlerts(): string[] {
  const { groups } = parse(readFileSync(join(files, 'alerts.yaml'), 'utf8')) as {
    groups: readonly { rules: readonly { expr: string }[] }[];
  };
  const expressions = groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)).join(' ');
  return [...new Set(expressions.match(/weir_[a-z_]+/g))];
}

const patienceMs = 25_000;

t.test('every query of the dashboards has an answer where Weir runs', { skip: whyNoKernel() }, async (t) => {
  const node = new TestNode();
  t.teardown(() => node.remove());
  const [client, server] = node.addPods(['client', 'server']) as [TestPod, TestPod];
  const pod = ({ name, address }: TestPod) => podYaml({ name, ip: address, namespace: 'test', uid: `uid-${name}` });
  const folder = t.testdir({ cluster: { 'pods.yaml': [pod(client), pod(server)].join('\n---\n') } });
  const authority = new Authority(t);
  const { cert, key } = authority.write(authority.issue('DNS:weir-aggregator'), 'aggregator');
  const socket = `unix:${join(node.folder, 'aggregator.sock')}`;
  const aggregator = await AggregatorProcess.start(
    [
      '--listen',
      socket,
      '--metrics-listen',
      '127.0.0.1:7281',
      '--http-listen',
      '127.0.0.1:0',
      '--cluster',
      'test',
    ].concat(
      ['--database', join(folder, 'weir.db'), '--cluster-files', join(folder, 'cluster'), '--pod-cidr', '10.0.0.0/8'],
      ['--tls-cert', cert, '--tls-key', key, '--tls-ca', authority.certFile, '--users', 'anyone'],
    ),
    ['nsenter', `--net=/run/netns/${node.netns}`],
  );
  t.teardown(() => aggregator.end('SIGTERM'));
  const agent = new AgentProcess(node, socket);
  t.teardown(() => agent.stop());
  const prometheus = new Prometheus(node, ['127.0.0.1:7281', '127.0.0.1:7282']);
  await node.startPython(server, 'hear', 'tcp', '0.0.0.0', 8080);
  const say = await node.startPython(client, 'speak');

  const wanted = [...queries.map(({ expr }) => expr), ...metricsOfAlerts()];
  let silent = wanted;
  const deadline = Date.now() + patienceMs;
  while (silent.length > 0 && Date.now() < deadline) {
    // Flows that are forwarded, that are refused, and to an address that nobody has.
    await say.must(`c tcp ${server.address} 8080`, 'c send 100', 'c close');
    await say.ask(`c tcp ${server.address} 8081 1`);
    await say.ask('c udp 10.250.0.1 53');
    await say.ask('c say 20');
    await sleep(500);
    silent = silent.filter((expr) => !prometheus.query(expr.replaceAll('$__rate_interval', rateInterval))?.length);
  }
  t.strictSame(silent, [], 'queries without an answer');
});
