import { LRUCache } from 'lru-cache';

const prefix = 2;
const maxStreams = 256;

interface Stream {
  /** Sequence number that the next segment begins with. */
  next: number;
  /** Null after a hole, until a message begins and ends with its segment. */
  pending: Buffer | null;
}

/**
 * Puts DNS over TCP together again (RFC 1035, 4.2.2: two bytes of length before each message) from segments that come
 * in order. Behind a hole it is not known where a message begins: only a segment that is one by itself is read then.
 */
export class TcpStreams {
  readonly #streams = new LRUCache<string, Stream>({ max: maxStreams });

  /** @param stream a text of its own for every connection @returns the messages that are whole now */
  add(stream: string, sequence: number, segment: Buffer): Buffer[] {
    const known = this.#streams.get(stream);
    const next = (sequence + segment.length) >>> 0;
    const follows = known === undefined || (known.next === sequence && known.pending !== null);
    if (!follows && !isMessage(segment)) {
      this.#streams.set(stream, { next, pending: null });
      return [];
    }
    const bytes = follows && known?.pending ? Buffer.concat([known.pending, segment]) : segment;
    const { messages, rest } = split(bytes);
    this.#streams.set(stream, { next, pending: rest });
    return messages;
  }
}

function isMessage(segment: Buffer): boolean {
  return segment.length > prefix && segment.readUInt16BE(0) + prefix === segment.length;
}

/** The messages that are whole, and what is left behind them: less than one message. */
function split(bytes: Buffer): { readonly messages: Buffer[]; readonly rest: Buffer } {
  const messages: Buffer[] = [];
  let at = 0;
  while (bytes.length - at >= prefix) {
    const end = at + prefix + bytes.readUInt16BE(at);
    if (end > bytes.length) break;
    messages.push(bytes.subarray(at + prefix, end));
    at = end;
  }
  return { messages, rest: Buffer.from(bytes.subarray(at)) };
}
