import t from 'tap';
import {
  dnsAnswerLayout,
  dropEdgeLayout,
  dropKeyLayout,
  edgeKeyLayout,
  overflowLayout,
  packetEdgeLayout,
  plainEdgeKeyLayout,
  socketEdgeLayout,
  statistics,
} from '../../agent/source/layout.ts';
import { bpfObjectPath, native } from '../../native/native.ts';
import { openTestCapture } from './test-capture.ts';

/** Members of a structure in the compiled object, snake_case as in C turned to camelCase as in TypeScript. */
function compiled(name: string) {
  const { size, members } = native.structLayout(bpfObjectPath, name);
  const camel = (text: string) => text.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return { size, offsets: new Map(Object.entries(members).map(([key, { offset }]) => [camel(key), offset])) };
}

function holds(
  struct: string,
  layout: object & { readonly size: number; readonly counters?: object; readonly payloadSize?: number },
) {
  t.test(`the decoder's layout of struct ${struct} is the compiler's`, async (t) => {
    const { size, offsets } = compiled(struct);
    const { size: ours, counters, payloadSize, ...rest } = layout;
    t.equal(ours, size, 'size');
    for (const [member, offset] of Object.entries({ ...rest, ...counters })) {
      t.equal(offset, offsets.get(member), member);
      offsets.delete(member);
    }
    offsets.delete('zero');
    offsets.delete('zeros');
    t.same([...offsets.keys()], [], 'every member is decoded');
    if (payloadSize !== undefined)
      t.equal(payloadSize, native.structLayout(bpfObjectPath, struct).members['payload']?.size);
  });
}

holds('edge_key', edgeKeyLayout);
holds('plain_edge_key', plainEdgeKeyLayout);
holds('socket_edge', socketEdgeLayout);
holds('packet_edge', packetEdgeLayout);
holds('drop_key', dropKeyLayout);
holds('drop_edge', dropEdgeLayout);
holds('overflow', overflowLayout);
holds('dns_answer', dnsAnswerLayout);

t.test('every statistic has a name', async (t) => {
  const capture = openTestCapture();
  t.equal(native.readStatistics(capture).length, statistics.length);
  native.closeCapture(capture);
});
