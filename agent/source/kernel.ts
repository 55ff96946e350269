import { WeirError } from '../../core/errors.ts';
import type { Milliseconds } from '../../core/time.ts';
import {
  bpfObjectPath,
  type CaptureHandle,
  type EdgeMap,
  isNativeError,
  native,
  type TracingProgram,
} from '../../native/native.ts';
import { dropEdges, type MapDecoder, packetEdges, socketEdges } from './decode.ts';
import { DeltaTable } from './deltas.ts';
import { statistics } from './layout.ts';
import type { Drained, Feature, Source, SourceEdge } from './source.ts';

const nsPerMs = 1_000_000;

export interface KernelSourceOptions {
  /** Bounds of the kernel's maps, in entries. */
  readonly maxSocketEdges: number;
  readonly maxPacketEdges: number;
  readonly maxDropEdges: number;
  readonly maxInterfaces: number;
  /** An entry that gained nothing for so long is taken out of the kernel. Longer than a UDP conversation may pause. */
  readonly idleMs: Milliseconds;
}

interface EdgeTable {
  readonly map: EdgeMap;
  readonly decoder: MapDecoder;
  readonly deltas: DeltaTable;
}

/** The kernel's names of drop reasons by number, such as NETFILTER_DROP; numbers shift between kernels. */
function dropReasonNames(): ReadonlyMap<number, string> {
  return new Map(
    Object.entries(native.kernelEnum('skb_drop_reason')).map(([name, value]) => [
      value,
      name.replace(/^SKB_(DROP_REASON_)?/, ''),
    ]),
  );
}

function openCapture(options: KernelSourceOptions): CaptureHandle {
  try {
    return native.openCapture({
      objectPath: bpfObjectPath,
      nodeCookie: native.ownNamespaceCookie(),
      socketEdges: options.maxSocketEdges,
      packetEdges: options.maxPacketEdges,
      dropEdges: options.maxDropEdges,
      interfaces: options.maxInterfaces,
    });
  } catch (error) {
    if (!isNativeError(error)) throw error;
    const { code, op, detail } = error;
    if (code === 'EPERM' || code === 'EACCES') {
      const what = `${op} was refused; run as root, or with CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and CAP_SYS_ADMIN`;
      throw new WeirError('CAPTURE_NO_PERMISSION', what, { cause: error });
    }
    throw new WeirError('CAPTURE_LOAD', `${error.message}\n${detail}`, { cause: error });
  }
}

/** Captures through eBPF. The network namespace that the process is in is the node's. */
export class KernelSource implements Source {
  readonly #capture: CaptureHandle;
  readonly #tables: readonly EdgeTable[];
  readonly #idleNs: number;
  readonly features: readonly Feature[];
  #statistics: readonly number[];

  /** @throws WeirError CAPTURE_NO_PERMISSION, CAPTURE_LOAD, CAPTURE_ATTACH */
  constructor(options: KernelSourceOptions) {
    this.#capture = openCapture(options);
    this.#idleNs = options.idleMs * nsPerMs;
    const table = (map: EdgeMap, decoder: MapDecoder) => ({ map, decoder, deltas: new DeltaTable(decoder.layout) });
    this.#tables = [
      table('socket_edges', socketEdges),
      table('packet_edges', packetEdges),
      table('drop_edges', dropEdges(dropReasonNames())),
    ];
    this.#statistics = native.readStatistics(this.#capture);
    this.features = [this.#start('tcp-sockets', 'on_tcp_state', true), this.#start('drop-reasons', 'on_drop', false)];
  }

  #start(name: string, program: TracingProgram, required: boolean): Feature {
    try {
      native.attachTracing(this.#capture, program);
      return { name, active: true, reason: '' };
    } catch (error) {
      if (!isNativeError(error)) throw error;
      if (!required) return { name, active: false, reason: error.message };
      this.close();
      throw new WeirError('CAPTURE_ATTACH', `${error.message}; the kernel must offer BTF tracepoints (5.10 or later)`, {
        cause: error,
      });
    }
  }

  drain(): Drained {
    const nowNs = Number(process.hrtime.bigint());
    const offsetMs = Date.now() - nowNs / nsPerMs;
    const toUnixMs = (monoNs: number) => Math.round(monoNs / nsPerMs + offsetMs);
    const edges: SourceEdge[] = [];
    for (const { map, decoder, deltas } of this.#tables) {
      for (const delta of deltas.read(native.readMap(this.#capture, map), nowNs)) {
        edges.push(decoder.decode(delta, toUnixMs));
      }
      const idle = deltas.idleKeys(nowNs - this.#idleNs);
      if (idle.length === 0) continue;
      for (const delta of deltas.forget(native.takeEntries(this.#capture, map, idle), nowNs)) {
        edges.push(decoder.decode(delta, toUnixMs));
      }
    }
    return { edges, losses: this.#newLosses() };
  }

  #newLosses(): Record<string, number> {
    const before = this.#statistics;
    this.#statistics = native.readStatistics(this.#capture);
    const losses: Record<string, number> = {};
    for (const [i, { name, loss }] of statistics.entries()) {
      const events = (this.#statistics[i] ?? 0) - (before[i] ?? 0);
      if (loss && events > 0) losses[name] = events;
    }
    return losses;
  }

  attach(ifindex: number, podCookie: bigint): void {
    native.attachInterface(this.#capture, ifindex, podCookie);
  }

  detach(ifindex: number): void {
    native.detachInterface(this.#capture, ifindex);
  }

  statistics(): Readonly<Record<string, number>> {
    const sums = native.readStatistics(this.#capture);
    return Object.fromEntries(statistics.map(({ name }, i) => [name, sums[i] ?? 0]));
  }

  mapEntries(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#tables.map(({ map, deltas }) => [map, deltas.size]));
  }

  close(): void {
    native.closeCapture(this.#capture);
  }
}
