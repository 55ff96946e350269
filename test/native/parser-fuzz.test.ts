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

function expectedOf({ edges, malformed, other, cutOff, fragmented, payloads }: ReferencePod) {
  return { edges: edges.lines, payloads, malformed, other, cutOff, fragmented };
}

/** What was seen in the form of what is expected: frames that may count as either count where they were expected. */
function seenOf({ edges, counted, dns }: Observed, expected: ReturnType<typeof expectedOf>) {
  const { 'packets-malformed': malformed = 0, 'packets-other-protocol': other = 0, ...rest } = counted;
  const { 'packets-fragmented': fragmented = 0, ...more } = rest;
  const inCutOff = Math.max(0, Math.min(malformed - expected.malformed, expected.cutOff));
  return {
    edges: edges.map(edgeLine).toSorted(),
    payloads: dns.map(({ server, clientPort, sequence, payload }) => [
      server,
      clientPort,
      sequence,
      payload.toString('hex'),
    ]),
    malformed: malformed - inCutOff,
    other: other - (expected.cutOff - inCutOff),
    cutOff: expected.cutOff,
    fragmented,
    ...more,
  };
}

const hex = (frames: readonly Sent[]) => frames.map(([program, frame]) => `${program} ${frame.toString('hex')}`);

function passes({ verdicts }: Observed): boolean {
  return verdicts.every((verdict) => verdict === PASS || verdict === null);
}

/** Sends series of frames through a capture, and through the reference, and compares after each what they left. */
function fuzz(t: Test, compared: PacketRun, forgetful: boolean, series: number): void {
  const onlyPassed = new PacketRun();
  t.teardown(() => compared.close());
  t.teardown(() => onlyPassed.close());
  const reference = new ReferencePod(forgetful);
  const met = { compared: 0, disputed: 0, edges: 0, refusals: 0, payloads: 0 };
  fc.assert(
    fc.property(anySeries(framesPerSeries), (drawn) => {
      reference.clear();
      const frames = drawn.filter(([, frame]) => !isTooShort(frame));
      const clear = frames.filter(([program, frame]) => reference.take(frame, program === from));
      if (!passes(onlyPassed.observe(...drawn))) throw new Error(`a frame did not pass:\n${hex(drawn).join('\n')}`);
      const observed = compared.observe(...clear);
      const expected = expectedOf(reference);
      const seen = seenOf(observed, expected);
      if (!passes(observed) || !isDeepStrictEqual(seen, expected)) {
        throw new Error(`${hex(clear).join('\n')}\n${JSON.stringify({ expected, seen }, null, 1)}`);
      }
      met.compared += clear.length;
      met.disputed += frames.length - clear.length;
      met.edges += seen.edges.length;
      met.refusals += observed.edges.filter(({ counters }) => counters.refused > 0).length;
      met.payloads += seen.payloads.length;
    }),
    { seed, numRuns: series },
  );
  t.comment(`seed ${seed}: ${JSON.stringify(met)}`);
  t.ok(met.compared > series, 'thousands of frames were compared');
  t.ok(met.disputed < met.compared / 10, 'few were not');
  const { edges, refusals, payloads } = met;
  t.ok(edges > series && refusals > series / 50 && payloads > series / 50, 'much of what was drawn means something');
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
