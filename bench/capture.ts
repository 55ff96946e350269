import type { Bar, Bench, Figure, Result, Run } from './bench.ts';
import { hooks, measureConnections, type PlacedCosts } from './connection-cost.ts';
import { type FrameCase, frameCases, measurePackets, type PacketRound } from './packet-cost.ts';
import { median, rounded, sum } from './statistics.ts';

/** Live rounds take longer and are quieter: one for so many of the others. */
const packetRoundsPerLive = 6;

const bars: Readonly<Record<NonNullable<FrameCase['kind']>, Bar>> = {
  tcp_data: { atMost: 5 },
  tcp_syn: { atMost: 60 },
  udp: { atMost: 40 },
};

function packetFigures(rounds: readonly PacketRound[]): Figure[] {
  const figures = frameCases.map(({ kind, label }, i): Figure => {
    const perRound = rounds.map(({ overNs }) => overNs[i] ?? Number.NaN);
    return { label: `${label}, over empty`, unit: 'ns', perRound, ...(kind === null ? {} : { bar: bars[kind] }) };
  });
  return [{ label: 'empty program', unit: 'ns', perRound: rounds.map(({ emptyNs }) => emptyNs) }, ...figures];
}

/** The worst of the medians of all frames of a kind, whichever way they go. */
function worst(kind: FrameCase['kind'], rounds: readonly PacketRound[]): number {
  const medians = frameCases.flatMap((each, i) =>
    each.kind === kind ? [median(rounds.map(({ overNs }) => overNs[i] ?? Number.NaN))] : [],
  );
  return rounded(Math.max(...medians), 2);
}

function wholeConnections({ rounds }: PlacedCosts): number[] {
  return rounds.map((round) => sum(hooks.map((hook) => round[hook])));
}

function connectionFigures(placed: PlacedCosts): Figure[] {
  const label = `whole connection, over empty, ${placed.placement.label}`;
  return [
    { label, unit: 'ns', perRound: wholeConnections(placed), bar: { atMost: 1500 } },
    ...hooks.map((hook) => ({
      label: `  of that ${hook}`,
      unit: 'ns',
      perRound: placed.rounds.map((round) => round[hook]),
    })),
  ];
}

async function measure(run: Run): Promise<Result> {
  run.progress(`packets, ${run.rounds} rounds`);
  const packets = await measurePackets(run);
  const live = await measureConnections(run, Math.ceil(run.rounds / packetRoundsPerLive));
  const connectionNs = live.map((placed) => median(wholeConnections(placed)));
  return {
    json: {
      empty_ns: median(packets.map(({ emptyNs }) => emptyNs)),
      tcp_data_over_ns: worst('tcp_data', packets),
      tcp_syn_over_ns: worst('tcp_syn', packets),
      udp_over_ns: worst('udp', packets),
      connection_over_ns: rounded(Math.max(...connectionNs), 1),
    },
    figures: [...packetFigures(packets), ...live.flatMap(connectionFigures)],
  };
}

/**
 * `empty_ns`: one run of a tc program that does nothing, by BPF_PROG_TEST_RUN. `*_over_ns`: what a run of Weir's packet
 * programs takes above that on such a frame; of both directions the worse. `connection_over_ns`: what all of Weir's
 * programs together take for one TCP connection with a byte each way, from the first SYN to the last FIN, seen at both
 * ends, above empty programs at the same hooks; of both placements of the ends the worse. Seconds bound one round of
 * live connections.
 */
export const capture: Bench = {
  name: 'capture',
  sentence: 'What the BPF programs cost a packet and a connection, above programs that do nothing.',
  rounds: 31,
  seconds: 60,
  run: measure,
};
