import fc from 'fast-check';
import t from 'tap';
import { TcpStreams } from '../../agent/names/streams.ts';
import { streamOf } from './dns-messages.ts';

const seed = Number(process.env['WEIR_FUZZ_SEED'] ?? 1);

const message = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const messages = fc.array(message, { minLength: 1, maxLength: 8 });
/** Where a stream is cut into segments, as parts of its length. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
const firstSequence = fc.oneof(fc.nat(), fc.integer({ min: 0xffffff00, max: 0xffffffff }));

interface Segment {
  readonly sequence: number;
  readonly bytes: Buffer;
}

function segmentsOf(stream: Buffer, parts: readonly number[], first: number): Segment[] {
  const places = [...new Set(parts.map((part) => Math.floor(part * stream.length)))].toSorted((a, b) => a - b);
  const ends = [...places.filter((place) => place > 0 && place < stream.length), stream.length];
  return ends.map((end, i) => {
    const start = ends[i - 1] ?? 0;
    return { sequence: (first + start) >>> 0, bytes: stream.subarray(start, end) };
  });
}

/** Each message ends in a space: an empty one is told from none. */
const hex = (buffers: readonly Buffer[]) => buffers.map((each) => `${each.toString('hex')} `).join('');

const isMessage = (bytes: Buffer) => bytes.length > 2 && bytes.readUInt16BE(0) === bytes.length - 2;

t.test('however a stream was cut into segments, its messages are the same', async () => {
  fc.assert(
    fc.property(messages, cuts, firstSequence, (sent, parts, first) => {
      const streams = new TcpStreams();
      const segments = segmentsOf(streamOf(sent), parts, first);
      const got = segments.flatMap(({ sequence, bytes }) => streams.add('a', sequence, bytes));
      return hex(got) === hex(sent);
    }),
    { seed, numRuns: 2000 },
  );
});

t.test('streams do not disturb each other', async () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(messages, cuts, firstSequence), { minLength: 2, maxLength: 5 }), (all) => {
      const streams = new TcpStreams();
      const left = all.map(([sent, parts, first]) => segmentsOf(streamOf(sent), parts, first));
      const got: Buffer[][] = all.map(() => []);
      while (left.some(({ length }) => length > 0)) {
        for (const [i, segments] of left.entries()) {
          const next = segments.shift();
          if (next !== undefined) got[i]?.push(...streams.add(`stream ${i}`, next.sequence, next.bytes));
        }
      }
      return all.every(([sent], i) => hex(got[i] ?? []) === hex(sent));
    }),
    { seed, numRuns: 500 },
  );
});

t.test('what came before a hole is given, and nothing behind it until a segment is one message', async () => {
  fc.assert(
    fc.property(messages, cuts, fc.nat(20), (sent, parts, hole) => {
      const streams = new TcpStreams();
      const add = (some: readonly Segment[]) => some.map(({ sequence, bytes }) => streams.add('a', sequence, bytes));
      const opening = streamOf([Buffer.from('opened')]);
      add([{ sequence: 1000 - opening.length, bytes: opening }]);
      const segments = segmentsOf(streamOf(sent), parts, 1000);
      const missing = hole % segments.length;
      const before = add(segments.slice(0, missing)).flat();
      const behind = segments.slice(missing + 1);
      const whole = behind.findIndex(({ bytes }) => isMessage(bytes));
      const got = add(behind);
      const silent = got.slice(0, whole < 0 ? got.length : whole);
      const first = behind[whole]?.bytes.subarray(2);
      return (
        hex(sent).startsWith(hex(before)) &&
        silent.every(({ length }) => length === 0) &&
        (first === undefined || hex(got[whole] ?? []) === hex([first]))
      );
    }),
    { seed, numRuns: 2000 },
  );
});

t.test('behind a segment that is one message all is read again', async () => {
  const some = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(some, messages, cuts, firstSequence, (one, sent, parts, first) => {
      const streams = new TcpStreams();
      streams.add('a', (first - 5000) >>> 0, Buffer.from([0, 9, 1]));
      const alone = streamOf([one]);
      const segments = segmentsOf(streamOf(sent), parts, first);
      const got = [{ sequence: (first - alone.length) >>> 0, bytes: alone }, ...segments].flatMap((each) => {
        return streams.add('a', each.sequence, each.bytes);
      });
      return hex(got) === hex([one, ...sent]);
    }),
    { seed, numRuns: 500 },
  );
});

t.test('another connection between the same ports is known from its first message alone', async (t) => {
  const streams = new TcpStreams();
  const [one, long] = [Buffer.from('one'), Buffer.alloc(40, 7)];
  t.same(streams.add('a', 100, streamOf([one])), [one]);
  const parts = segmentsOf(streamOf([long]), [0.5], 7000);
  t.same(
    parts.flatMap(({ sequence, bytes }) => streams.add('a', sequence, bytes)),
    [],
    'its beginning looks like what is behind a hole',
  );
  t.same(streams.add('a', 7042, streamOf([one])), [one]);
});

t.test('the rest of a message behind a hole is not put together with its beginning', async (t) => {
  const streams = new TcpStreams();
  t.same(streams.add('a', 100, Buffer.from([0, 4, 1, 2])), []);
  t.same(streams.add('a', 105, Buffer.from([4])), []);
  t.same(streams.add('a', 104, Buffer.from([3, 4])), []);
});

t.test('the longest message that there is comes whole', async (t) => {
  const longest = Buffer.alloc(65_535, 7);
  const streams = new TcpStreams();
  const got = segmentsOf(streamOf([longest, longest]), [0.1, 0.2, 0.3, 0.6, 0.9], 0).flatMap(({ sequence, bytes }) =>
    streams.add('a', sequence, bytes),
  );
  t.ok(got.length === 2 && got.every((each) => each.equals(longest)));
});

t.test('streams that never end take bounded memory: the one that spoke longest ago is forgotten', async (t) => {
  const streams = new TcpStreams();
  const unfinished = Buffer.concat([Buffer.from([0xff, 0xff]), Buffer.alloc(60_000)]);
  streams.add('first', 0, Buffer.from([0, 3, 1, 2]));
  for (let i = 0; i < 2000; i++) streams.add(`other ${i}`, 0, unfinished);
  t.same(streams.add('first', 4, Buffer.from([3])), [], 'its beginning is gone');
  const { arrayBuffers } = process.memoryUsage();
  // 256 streams of 64 KiB, and what is not collected yet.
  t.ok(arrayBuffers < 2000 * unfinished.length * 0.8, `${arrayBuffers} bytes`);
});
