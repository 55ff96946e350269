import fc from 'fast-check';

/** Damage to a frame. Places are counted from its start, and around its end where it is shorter. */
export type Damage =
  | { readonly does: 'flip'; readonly at: number; readonly bit: number }
  | { readonly does: 'set'; readonly at: number; readonly byte: number }
  | { readonly does: 'cut'; readonly bytes: number }
  | { readonly does: 'append'; readonly bytes: number };

/** Lengths, versions, types and protocols: in Ethernet, in IP behind it, and in the first extension header. */
const tellingBytes = [12, 13, 14, 16, 17, 18, 19, 20, 21, 23, 40, 46, 54, 55];

export const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ does: fc.constant('flip' as const), at: fc.nat(150), bit: fc.nat(7) }),
  fc.record({ does: fc.constant('set' as const), at: fc.nat(150), byte: fc.nat(255) }),
  fc.record({ does: fc.constant('set' as const), at: fc.constantFrom(...tellingBytes), byte: fc.nat(255) }),
  fc.record({ does: fc.constant('cut' as const), bytes: fc.nat(150) }),
  fc.record({ does: fc.constant('append' as const), bytes: fc.nat(30) }),
);

export function damaged(frame: Buffer, what: Damage): Buffer {
  if (frame.length === 0) return frame;
  const copy = Buffer.from(frame);
  switch (what.does) {
    case 'flip': {
      const at = what.at % copy.length;
      copy[at] = (copy[at] as number) ^ (1 << what.bit);
      return copy;
    }
    case 'set':
      copy[what.at % copy.length] = what.byte;
      return copy;
    case 'cut':
      return copy.subarray(0, copy.length - (what.bytes % copy.length));
    case 'append':
      return Buffer.concat([copy, Buffer.alloc(what.bytes, 0xaa)]);
  }
}
