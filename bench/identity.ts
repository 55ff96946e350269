import { spawn } from 'node:child_process';
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AgentProcess, type LogLine } from '../test/agent/agent-process.ts';
import { IngestDouble } from '../test/agent/ingest-double.ts';
import { TestNode, whyNoKernel } from '../test/agent/node-fixture.ts';
import type { Bench, Result, Run } from './bench.ts';
import { median, quantile, rounded } from './statistics.ts';
import { comesToHold, pause } from './waiting.ts';

const pods = 200;
const withinMs = 60_000;
const joins = 20;
const joinEveryMs = 200;

interface IdentityRound {
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

async function measureRound(run: Run): Promise<IdentityRound> {
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

async function measure(run: Run): Promise<Result> {
  const reason = whyNoKernel();
  if (reason !== false) throw new Error(`nothing can be measured here: ${reason}`);
  const rounds: IdentityRound[] = [];
  for (let round = 1; round <= run.rounds; round++) {
    rounds.push(await measureRound(run));
    await run.undo.now();
  }
  const each = (name: keyof IdentityRound) => rounds.map((round) => round[name]);
  return {
    json: {
      pods,
      resolved: median(each('resolved')),
      p99_ms: rounded(median(each('p99Ms')), 1),
      watched_p99_ms: rounded(median(each('watchedP99Ms')), 1),
      join_ms: rounded(median(each('joinMs')), 2),
    },
    figures: [
      { label: `pods named of ${pods}`, unit: '', perRound: each('resolved'), bar: { atLeast: pods } },
      { label: 'from link to name, p99', unit: 'ms', perRound: each('p99Ms'), bar: { atMost: 2000 } },
      { label: 'from link to watched, p99', unit: 'ms', perRound: each('watchedP99Ms') },
      { label: `join of ${pods} interfaces`, unit: 'ms', perRound: each('joinMs'), bar: { atMost: 50 } },
    ],
  };
}

/**
 * How fast the agent's own process names pods. 200 pods appear at once, as fast as the kernel makes their links, with
 * their CNI results already written. `p99_ms`: from the kernel's news of a link to the agent's log line that it has its
 * pod's name; `watched_p99_ms`: to the line that its programs are attached, for which the kernel waits for all CPUs,
 * twice an interface and one after the other. `join_ms`: one look at everything with 200 pods there: links, CNI
 * results, the namespaces of all pods, routes, and the join.
 */
export const identity: Bench = {
  name: 'identity',
  sentence: 'Time from a link to the name of its pod with 200 new pods, and the cost of joining them.',
  rounds: 1,
  seconds: 1,
  run: measure,
};
