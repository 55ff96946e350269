import { join } from 'node:path';
import t from 'tap';
import { AgentProcess } from './agent-process.ts';
import { IngestDouble } from './ingest-double.ts';
import { TestNode, whyNoKernel } from './node-fixture.ts';

t.test('a scrape tells what the agent watches and what became of its batches', { skip: whyNoKernel() }, async (t) => {
  const node = new TestNode();
  t.teardown(() => node.remove());
  const address = `unix:${join(node.folder, 'aggregator.sock')}`;
  const ingest = new IngestDouble();
  await ingest.listen(address);
  t.teardown(() => ingest.kill());
  node.addPod('client');
  const agent = new AgentProcess(node, address, ['--metrics-listen', '127.0.0.1:7282']);
  t.teardown(() => agent.stop());
  await ingest.until(() => ingest.statuses.at(-1)?.podsResolved === 1 && ingest.batches.length > 2, 'batches came');
  const scrape = () => node.run(['curl', '-s', '--max-time', '5', 'http://127.0.0.1:7282/metrics']);
  const text = scrape();
  for (const line of [
    /^weir_build_info\{version="[\d.]+",component="agent"\} 1$/m,
    /^weir_agent_interfaces\{state="resolved"\} 1$/m,
    /^weir_agent_interfaces\{state="unresolved"\} 0$/m,
    /^weir_agent_interfaces_resolved\{means="cni-cache"\} 1$/m,
    /^weir_agent_interfaces_resolved\{means="cgroup"\} 0$/m,
    /^weir_agent_interfaces_unresolved\{reason="no-sandbox"\} 0$/m,
    /^weir_agent_identity_source_up\{source="ovsdb"\} 0$/m,
    /^weir_agent_batches_total\{result="acknowledged"\} [1-9]/m,
    /^weir_agent_events_lost_total\{stage="overflow-ring-full"\} 0$/m,
    /^weir_agent_map_entries\{map="socket_edges"\} \d+$/m,
    /^weir_agent_dns_payloads_total\{fate="unread"\} 0$/m,
    /^weir_agent_connected 1$/m,
  ]) {
    t.match(text, line);
  }
  t.equal(scrape().split('\n').length, text.split('\n').length, 'a second scrape adds no series');
});
