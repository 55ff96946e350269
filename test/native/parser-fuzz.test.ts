import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { SourceEdge } from '../../agent/source/source.ts';
import { anySeries } from './arbitrary-frames.ts';
import { from, isTooShort, type Observed, PASS, PacketRun, type Sent } from './packet-run.ts';
import { fromPod } from './pod-frames.ts';
import { ReferencePod } from './reference-pod.ts';
import { UDP, udpDatagram } from './segments.ts';
import { whyNoPrograms } from './test-capture.ts';

const seed = Number(process.env['WEIR_FUZZ_SEED'] ?? 1);
/** Fewer than the map has entries: a frame makes one edge at most. */
const framesPerSeries = 12;
const skip = whyNoPrograms();

/** An edge as the reference writes it. */
function edgeLine({ role, protocol, remote, port, directionBy, counters }: SourceEdge): string {
  const { synPackets, attempts, established, refused, ...carried } = counters;
  const { packetsToServer, bytesToServer, packetsToClient, bytesToClient } = carried;
  const handshake = { synPackets, attempts, established, refused };
  const counts = { packetsToServer, bytesToServer, packetsToClient, bytesToClient };
  return `${role} ${protocol} ${remote} ${port} ${JSON.stringify({ evidence: directionBy, ...handshake, ...counts })}`;
}

function expectedOf({ edges, malformed, other, fragmented, answersLost, payloads }: ReferencePod) {
  return { edges: edges.lines, payloads, malformed, other, fragmented, answersLost };
}

/** What was seen in the form of what is expected. */
function seenOf({ edges, counted, dns }: Observed) {
  const { 'packets-malformed': malformed = 0, 'packets-other-protocol': other = 0, ...rest } = counted;
  const { 'packets-fragmented': fragmented = 0, 'dns-answers-lost': answersLost = 0, ...more } = rest;
  return {
    edges: edges.map(edgeLine).toSorted(),
    payloads: dns.map(({ server, clientPort, sequence, payload }) => [
      server,
      clientPort,
      sequence,
      payload.toString('hex'),
    ]),
    malformed,
    other,
    fragmented,
    answersLost,
    ...more,
  };
}

const hex = (frames: readonly Sent[]) => frames.map(([program, frame]) => `${program} ${frame.toString('hex')}`);

/** Whether every frame passed that the kernel took for a packet. */
function allPassed({ verdicts }: Observed, frames: readonly Sent[]): boolean {
  return frames.every(([, frame], i) => verdicts[i] === (isTooShort(frame) ? null : PASS));
}

/** Sends series of frames through a capture, and through the reference, and compares after each what they left. */
function fuzz(t: Test, packets: PacketRun, forgetful: boolean, series: number): void {
  t.teardown(() => packets.close());
  const reference = new ReferencePod(forgetful);
  const met = { frames: 0, edges: 0, refusals: 0, payloads: 0, answersLost: 0 };
  fc.assert(
    fc.property(anySeries(framesPerSeries), (frames) => {
      reference.clear();
      for (const [program, frame] of frames) if (!isTooShort(frame)) reference.take(frame, program === from);
      const observed = packets.observe(...frames);
      const expected = expectedOf(reference);
      const seen = seenOf(observed);
      if (!allPassed(observed, frames) || !isDeepStrictEqual(seen, expected)) {
        throw new Error(`${hex(frames).join('\n')}\n${JSON.stringify({ expected, seen }, null, 1)}`);
      }
      met.frames += frames.length;
      met.edges += seen.edges.length;
      met.refusals += observed.edges.filter(({ counters }) => counters.refused > 0).length;
      met.payloads += seen.payloads.length;
      met.answersLost += seen.answersLost;
    }),
    { seed, numRuns: series },
  );
  t.comment(`seed ${seed}: ${JSON.stringify(met)}`);
  const { edges, refusals, payloads, answersLost } = met;
  const rare = Math.min(refusals, payloads, answersLost);
  t.ok(edges > series && rare > series / 50, 'much of what was drawn means something');
}

t.test('frames of any bytes leave what the RFCs say, and all pass', { skip }, async (t) => {
  fuzz(t, new PacketRun(), false, 10_000);
});

t.test('the same where edges may have been forgotten, so that ports tell the direction', { skip }, async (t) => {
  const packets = new PacketRun();
  const full = Array.from({ length: 20 }, (_, i) => [from, fromPod(UDP, udpDatagram(40000, i))] as const);
  packets.observe(...full);
  fuzz(t, packets, true, 5000);
});
