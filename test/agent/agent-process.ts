import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestNode } from './node-fixture.ts';

const main = join(import.meta.dirname, '..', '..', 'agent', 'main.js');
const metricsAddress = '127.0.0.1:7282';

/** A line of the agent's log, as pino writes it: level 40 is a warning, 50 an error. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** How an agent is told of a node, and of nothing else that there is on this machine. */
export function agentFlags(node: TestNode, aggregator: string): string[] {
  const argv = ['--cluster', 'test', '--node', 'n1', '--aggregator', aggregator, '--window', '200ms'];
  const places = ['--cni-results', node.cniResults, '--spool', join(node.folder, 'spool'), '--pins', node.pins];
  const sources = ['cni-conf', 'cri', 'ovsdb', 'cilium'].flatMap((name) => [`--${name}`, join(node.folder, name)]);
  return [...argv, ...places, ...sources, '--metrics-listen', metricsAddress];
}

/** The real agent in a node's network namespace. */
export class AgentProcess {
  readonly #child: ChildProcess;
  readonly #node: TestNode;
  log = '';

  /** @param within a command that runs another, such as setpriv */
  constructor(node: TestNode, aggregator: string, flags: readonly string[] = [], within: readonly string[] = []) {
    this.#node = node;
    const command = [
      `--net=/run/netns/${node.netns}`,
      ...within,
      process.execPath,
      main,
      ...agentFlags(node, aggregator),
      ...flags,
    ];
    this.#child = spawn('nsenter', command, { stdio: ['ignore', 'inherit', 'pipe'] });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
    });
  }

  /** @throws Error when it could not be started */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the agent was not started');
    return this.#child.pid;
  }

  /** Null while it runs. */
  get exitStatus(): number | null {
    return this.#child.exitCode;
  }

  /** The log without what is no pino line. */
  get lines(): LogLine[] {
    const whole = this.log.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
    return whole.map((line) => JSON.parse(line) as LogLine);
  }

  /** A field of /proc/PID/status, such as VmRSS or CapEff; empty when there is none. */
  statusField(name: string): string {
    const text = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '';
  }

  get residentMebibytes(): number {
    return Number.parseInt(this.statusField('VmRSS'), 10) / 1024;
  }

  /** What a scrape says, by series as it is written: `weir_agent_interfaces{state="resolved"}`. */
  metrics(): ReadonlyMap<string, number> {
    const text = this.#node.run(['curl', '-s', '--max-time', '5', `http://${metricsAddress}/metrics`]);
    const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      series.map((line) => {
        const end = line.lastIndexOf(' ');
        return [line.slice(0, end), Number(line.slice(end + 1))];
      }),
    );
  }

  /** Ends it unless it has ended. @returns the exit status, null when a signal ended it */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const ended = this.exited();
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    return await ended;
  }

  async exited(): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    return await new Promise((resolve) => this.#child.once('exit', resolve));
  }
}
