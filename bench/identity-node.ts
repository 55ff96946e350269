import { spawn } from 'node:child_process';
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AgentProcess, type LogLine } from '../test/agent/agent-process.ts';
import { IngestDouble } from '../test/agent/ingest-double.ts';
import { TestNode, whyNoKernel } from '../test/agent/node-fixture.ts';
import type { Run } from './bench.ts';
import { median, quantile } from './statistics.ts';
import { comesToHold, pause } from './waiting.ts';

export const pods = 200;
const withinMs = 60_000;
const joins = 20;
const joinEveryMs = 200;

/** What one agent did with that many pods that appeared at once; times in milliseconds. */
export interface NamingReading {
  readonly resolved: number;
  readonly p99Ms: number;
  readonly watchedP99Ms: number;
  readonly joinMs: number;
}

/** When each link was made, by name, as the kernel told it. */
class LinkBirths {
  readonly #text: string[] = [];

  constructor(run: Run, netns: string) {
    const argv = [`--net=/run/netns/${netns}`, 'ip', '-ts', '-o', 'monitor', 'link'];
    const child = spawn('nsenter', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', (chunk: Buffer) => this.#text.push(chunk.toString()));
    run.undo.later(() => void child.kill());
  }

  get byName(): ReadonlyMap<string, number> {
    const births = new Map<string, number>();
    for (const [, time, name] of this.#text.join('').matchAll(/^\[([\d\-T:.]+)\] \d+: ([^@:]+)[@:]/gm)) {
      if (name !== undefined && time !== undefined && !births.has(name)) births.set(name, Date.parse(time));
    }
    return births;
  }
}

function named(lines: readonly LogLine[], message: string): LogLine[] {
  return lines.filter(({ msg }) => msg === message);
}

/** From the birth of each link to what the agent says of it. */
function delays(births: ReadonlyMap<string, number>, lines: readonly LogLine[], message: string): number[] {
  const first = new Map(named(lines, message).map((line) => [String(line['interface']), Number(line['time'])]));
  return [...first].flatMap(([name, time]) => {
    const born = births.get(name);
    return born === undefined ? [] : [Math.max(0, time - born)];
  });
}

/** Measures the agent in its own process. @throws Error when it does not come to name and watch them all */
export async function measureNaming(run: Run): Promise<NamingReading> {
  const reason = whyNoKernel();
  if (reason !== false) throw new Error(`nothing can be measured here: ${reason}`);
  const node = new TestNode();
  run.undo.later(() => node.remove());
  const address = `unix:${join(node.folder, 'aggregator.sock')}`;
  const ingest = new IngestDouble();
  await ingest.listen(address);
  run.undo.later(() => ingest.kill());
  const agent = new AgentProcess(node, address, ['--log-level', 'debug']);
  run.undo.later(async () => void (await agent.stop()));
  const says = (message: string) => named(agent.lines, message);
  const until = async (holds: () => boolean, what: string) => {
    if (agent.exitStatus !== null) throw new Error(`the agent ended:\n${agent.log.slice(-2000)}`);
    if (!(await comesToHold(holds, withinMs, run.abort))) throw new Error(`waited too long until ${what}`);
  };
  await until(() => says('watching').length > 0, 'the agent watches');
  const links = new LinkBirths(run, node.netns);
  await pause(joinEveryMs, run.abort);
  run.progress(`adding ${pods} pods at once`);
  const names = Array.from({ length: pods }, (_, i) => `pod-${i + 1}`);
  node.addPods(names, { named: 'before' });
  await until(() => says('interface watched').length >= pods, 'every interface is watched');
  const { lines } = agent;
  const births = links.byName;
  const naming = delays(births, lines, 'interface named');
  run.progress(`joining ${pods} interfaces ${joins} times`);
  const before = says('interfaces joined').length;
  const news = join(node.cniResults, 'news');
  for (let i = 0; i < joins; i++) {
    // Any change of the folder is news.
    appendFileSync(news, '');
    rmSync(news);
    await pause(joinEveryMs, run.abort);
  }
  return {
    resolved: naming.length,
    p99Ms: quantile(naming, 0.99),
    watchedP99Ms: quantile(delays(births, lines, 'interface watched'), 0.99),
    joinMs: median(
      says('interfaces joined')
        .slice(before)
        .map((line) => Number(line['ms'])),
    ),
  };
}
