import fc from 'fast-check';
import {
  ethernet,
  ethernetSize,
  etherTypes,
  type Extension,
  extension,
  fragment,
  ipv4Packet,
  ipv6Packet,
  tagged,
} from './frames.ts';
import { damage, damaged } from './damage.ts';
import { from, type Sent, to } from './packet-run.ts';
import { icmpMessage, sctpPacket, tcpSegment, udpDatagram } from './segments.ts';

/*
 * Series of frames for fuzzing: composed of headers of every kind, then damaged. A series has few ports and addresses,
 * so that much of what is drawn meets.
 */

const ports = [53, 5353, 0, 500, 3868, 40000, 40001, 65535];
/** Of TCP: mostly those that mean something here. */
const flags = fc.oneof(fc.constantFrom(0x02, 0x12, 0x14, 0x04, 0x10, 0x18, 0x11), fc.nat(255));
const sequence = fc.constantFrom(0, 0, 1, 0xffffffff);
/** Of a header of TCP, in words: it says mostly what is true. */
const headerWords = fc.option(fc.nat(15), { freq: 7 });
const payload = fc.uint8Array({ maxLength: 24 }).map((bytes) => Buffer.from(bytes));
const chunk = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(0, 1, 1, 2, 6, 6) },
  { weight: 1, arbitrary: fc.nat(255) },
);
const optionBytes = fc.constantFrom(0, 0, 0, 4, 12, 40);
const icmpType = fc.oneof(fc.constantFrom(0, 8, 13, 14, 128, 129), fc.nat(255));

interface Carried {
  readonly protocol: number;
  readonly bytes: Buffer;
}

const carry = (protocol: number, bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Carried> =>
  bytes.map((each) => ({ protocol, bytes: each }));

/** What has ports, by protocol. */
const ported: Readonly<Record<number, (port: fc.Arbitrary<number>) => fc.Arbitrary<Buffer>>> = {
  6: (port) => {
    const segment = fc.tuple(port, port, flags, fc.record({ sequence, optionBytes, payload }));
    return fc.tuple(segment, headerWords).map(([parts, words]) => {
      const bytes = tcpSegment(...parts);
      if (words !== null) bytes[12] = words << 4;
      return bytes;
    });
  },
  17: (port) => fc.tuple(port, port, payload).map((parts) => udpDatagram(...parts)),
  132: (port) => fc.tuple(port, port, chunk, payload).map((parts) => sctpPacket(...parts)),
};

/** Few ports of one protocol or more: what the packets of a series carry. */
const fewPorts: fc.Arbitrary<fc.Arbitrary<Carried>> = fc
  .tuple(
    fc.shuffledSubarray(ports, { minLength: 2, maxLength: 3 }),
    fc.subarray(Object.entries(ported), { minLength: 1 }),
  )
  .map(([few, kinds]) =>
    fc.oneof(...kinds.map(([protocol, of]) => carry(Number(protocol), of(fc.constantFrom(...few))))),
  );

const extensionHeader: fc.Arbitrary<Extension> = fc.oneof(
  fc.tuple(fc.constantFrom(0, 43, 51, 60), fc.constantFrom(1, 1, 2, 3)).map((parts) => extension(...parts)),
  fc.tuple(fc.constantFrom(0, 0, 0, 8), fc.boolean(), fc.nat(3)).map((parts) => fragment(...parts)),
);
const chain = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 2, arbitrary: fc.array(extensionHeader, { maxLength: 8 }) },
);
const fragmentOffset = fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 8);

/** A packet that says of its length what is true, or that it is of another, or nothing (0). */
function lengthened(version: 4 | 6, whole: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const said = fc.option(fc.oneof(fc.constant(0), fc.nat(120)), { freq: 7 });
  return fc.tuple(whole, said).map(([bytes, length]) => {
    if (length !== null) bytes.writeUInt16BE(length, version === 4 ? 2 : 4);
    return bytes;
  });
}

/** A packet of one version of IP between the pod and one of two peers. @param out whether the pod is the source */
function packet(version: 4 | 6, out: boolean, carried: fc.Arbitrary<Carried>): fc.Arbitrary<Buffer> {
  return lengthened(version, version === 4 ? packet4(out, carried) : packet6(out, carried));
}

const peer = fc.constantFrom(2, 2, 2, 3);

function packet6(out: boolean, carried: fc.Arbitrary<Carried>): fc.Arbitrary<Buffer> {
  return fc
    .tuple(peer, chain, carried)
    .map(([far, headers, { protocol, bytes }]) => ipv6Packet(out ? 1 : far, out ? far : 1, protocol, headers, bytes));
}

function packet4(out: boolean, carried: fc.Arbitrary<Carried>): fc.Arbitrary<Buffer> {
  const header = fc.record({ optionBytes, fragmentOffset, moreFragments: fc.boolean(), id: fc.nat(3) });
  return fc.tuple(peer, header, carried).map(([far, rest, { protocol, bytes }]) => {
    const [source, destination] = out ? ['10.1.0.1', `10.1.0.${far}`] : [`10.1.0.${far}`, '10.1.0.1'];
    return ipv4Packet({ ...rest, source, destination, protocol }, bytes);
  });
}

/** The first byte of IPv4: a header of any length. */
const ipv4Length = fc.record({
  does: fc.constant('set' as const),
  at: fc.constant(ethernetSize),
  byte: fc.integer({ min: 0x40, max: 0x4f }),
});

/** A packet in an ICMP error, damaged as frames are. */
function embedded(version: 4 | 6, out: boolean, talk: fc.Arbitrary<Carried>): fc.Arbitrary<Buffer> {
  return fc
    .tuple(packet(version, out, talk), fc.option(fc.oneof(damage, ipv4Length), { freq: 3 }))
    .map(([bytes, what]) => (what === null ? bytes : damaged(ethernet(0, bytes), what).subarray(ethernetSize)));
}

function message(version: 4 | 6, out: boolean, talk: fc.Arbitrary<Carried>): fc.Arbitrary<Carried> {
  const [own, others] = version === 4 ? [1, 58] : [58, 1];
  const error = fc
    .tuple(fc.constantFrom(version === 4 ? 3 : 1), fc.constantFrom(0, 3, 3, 13, 4), embedded(version, !out, talk))
    .map((parts) => icmpMessage(...parts));
  const any = fc.tuple(icmpType, fc.constant(0), payload).map((parts) => icmpMessage(...parts));
  return fc.oneof(
    { weight: 9, arbitrary: carry(own, fc.oneof(error, any)) },
    { weight: 1, arbitrary: carry(others, fc.oneof(error, any)) },
  );
}

const unknown = fc.tuple(fc.nat(255), payload).map(([protocol, bytes]) => ({ protocol, bytes }));

function whole(version: 4 | 6, out: boolean, talk: fc.Arbitrary<Carried>): fc.Arbitrary<Buffer> {
  const carried = fc.oneof(
    { weight: 6, arbitrary: talk },
    { weight: 2, arbitrary: message(version, out, talk) },
    { weight: 1, arbitrary: unknown },
  );
  const tags = fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(etherTypes.vlan, etherTypes.qinq), { maxLength: 3 }) },
  );
  const type = version === 4 ? etherTypes.ipv4 : etherTypes.ipv6;
  return fc.tuple(tags, packet(version, out, carried)).map(([types, bytes]) => tagged(types, ethernet(type, bytes)));
}

const noise = fc.oneof(
  fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(fc.constantFrom(...Object.values(etherTypes)), fc.uint8Array({ maxLength: 120 }))
    .map(([type, bytes]) => ethernet(type, Buffer.from(bytes))),
);

function sent(version: 4 | 6, out: boolean, talk: fc.Arbitrary<Carried>): fc.Arbitrary<Sent> {
  // A spoofed source now and then.
  const frame = fc.oneof(
    { weight: 9, arbitrary: whole(version, out, talk) },
    { weight: 1, arbitrary: whole(version, !out, talk) },
  );
  const damages = fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(damage, { maxLength: 3 }) },
  );
  return fc.tuple(frame, damages).map(([bytes, all]) => [out ? from : to, all.reduce(damaged, bytes)]);
}

function anyFrame(versions: readonly (4 | 6)[], talk: fc.Arbitrary<Carried>): fc.Arbitrary<Sent> {
  const both = versions.flatMap((version) => [sent(version, true, talk), sent(version, false, talk)]);
  return fc.oneof(...both.map((arbitrary) => ({ weight: 4, arbitrary })), {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(from, to), noise),
  });
}

/** Half to all of so many frames on their ways from and to a pod. */
export function anySeries(maxLength: number): fc.Arbitrary<Sent[]> {
  return fc
    .tuple(fc.subarray([4, 6] as const, { minLength: 1 }), fewPorts)
    .chain(([versions, talk]) => fc.array(anyFrame(versions, talk), { minLength: maxLength / 2, maxLength }));
}
