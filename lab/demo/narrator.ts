import { isatty } from 'node:tty';
import { createColors } from 'picocolors';
import { type Edge, edgeKey } from '../../core/edge.ts';
import { droppedPackets } from '../../core/flow.ts';
import { entityLabel } from '../../core/identity.ts';

const labelWidth = 38;

/** Tells a person what happens, with colour on a terminal only. */
export class Narrator {
  readonly #stream: NodeJS.WriteStream;
  readonly #colors: ReturnType<typeof createColors>;
  readonly #startMs = performance.now();

  constructor(stream: NodeJS.WriteStream & { readonly fd: number }) {
    this.#stream = stream;
    // Whoever read has left, as after `| head`: that is as good as Ctrl-C, and no reason to leave a cluster behind.
    stream.once('error', () => process.kill(process.pid, 'SIGTERM'));
    stream.on('error', () => undefined);
    this.#colors = createColors(isatty(stream.fd) && process.env['NO_COLOR'] === undefined);
  }

  get seconds(): number {
    return Math.round((performance.now() - this.#startMs) / 100) / 10;
  }

  line(text = ''): void {
    this.#stream.write(`${text}\n`);
  }

  /** Begins a part of the story. */
  heading(text: string): void {
    this.line(`\n${this.#colors.bold(text)} ${this.#colors.dim(`(${this.seconds.toFixed(1)} s)`)}`);
  }

  progress(text: string): void {
    this.line(this.#colors.dim(`  ${text}`));
  }

  good(text: string): void {
    this.line(`  ${this.#colors.green('ok')}  ${text}`);
  }

  bad(text: string): void {
    this.line(`  ${this.#colors.red('!!')}  ${text}`);
  }

  edge(edge: Edge): void {
    const { client, server, protocol, port, verdict, merged, services } = edge;
    const through = services[0] === undefined ? '' : this.#colors.dim(` via service ${services[0].name}`);
    const reasons = Object.keys(merged.drops).join(', ');
    const packets = droppedPackets(merged.drops);
    const outcome =
      verdict === 'forwarded'
        ? this.#colors.green(verdict)
        : this.#colors.red(`${verdict}${reasons && ` ${packets} ${packets === 1 ? 'packet' : 'packets'}, ${reasons}`}`);
    const [from, to] = [entityLabel(client), entityLabel(server)].map((label) => label.padEnd(labelWidth));
    this.line(`  ${from} -> ${to} ${`${port}/${protocol}`.padEnd(9)} ${outcome}${through}`);
  }

  /** Edges that are missing or too many, by their keys. */
  edgeKeys(title: string, keys: readonly string[]): void {
    for (const key of keys) this.bad(`${title}: ${key}`);
  }
}

export function keysOf(edges: readonly Parameters<typeof edgeKey>[0][]): string[] {
  return edges.map(edgeKey).toSorted();
}
