import type { Edge } from '../../../core/edge.ts';
import { bytesOf } from '../../../core/edge-order.ts';
import { compareText } from '../../../core/order.ts';
import type { Verdict } from '../../../core/verdict.ts';
import { wireProtocol, wireVerdict } from '../../../proto/names.ts';
import type * as wire from '../../../proto/wire.ts';

/** How many ports of a link are named. */
const maxPorts = 20;

/** The worst first. */
const byBadness: readonly Verdict[] = ['dropped', 'refused', 'unanswered', 'forwarded'];

function worse(a: Verdict, b: Verdict): Verdict {
  return byBadness.indexOf(a) <= byBadness.indexOf(b) ? a : b;
}

interface LinkPort {
  readonly protocol: Edge['protocol'];
  readonly port: number;
  verdict: Verdict;
}

/** Edges between two nodes of a map, added up. */
export class Link {
  readonly source: string;
  readonly target: string;
  readonly #verdicts: Record<Verdict, number> = { forwarded: 0, dropped: 0, refused: 0, unanswered: 0 };
  readonly #ports = new Map<string, LinkPort>();
  #edges = 0;
  #connections = 0;
  #bytes = 0;
  #firstSeenUnixMs = Infinity;
  #lastSeenUnixMs = 0;

  constructor(source: string, target: string) {
    this.source = source;
    this.target = target;
  }

  add(edge: Edge): void {
    const { protocol, port, verdict, merged } = edge;
    this.#edges++;
    this.#verdicts[verdict]++;
    this.#connections += merged.counters.established;
    this.#bytes += bytesOf(edge);
    this.#firstSeenUnixMs = Math.min(this.#firstSeenUnixMs, merged.firstSeenUnixMs);
    this.#lastSeenUnixMs = Math.max(this.#lastSeenUnixMs, merged.lastSeenUnixMs);
    const key = `${protocol}/${String(port).padStart(5, '0')}`;
    const known = this.#ports.get(key);
    if (known === undefined) this.#ports.set(key, { protocol, port, verdict });
    else known.verdict = worse(known.verdict, verdict);
  }

  encode(): wire.GraphLink {
    const ports = [...this.#ports].toSorted(([a], [b]) => compareText(a, b)).slice(0, maxPorts);
    return {
      source: this.source,
      target: this.target,
      edges: this.#edges,
      connections: this.#connections,
      bytes: this.#bytes,
      firstSeenUnixMs: this.#firstSeenUnixMs,
      lastSeenUnixMs: this.#lastSeenUnixMs,
      ports: ports.map(([, { protocol, port, verdict }]) => ({
        protocol: wireProtocol[protocol],
        port,
        verdict: wireVerdict[verdict],
      })),
      ...this.#verdicts,
    };
  }
}
