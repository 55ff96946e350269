import { LRUCache } from 'lru-cache';

/** A message of DNS over TCP is never longer: its length is a number of 16 bits. */
const maxMessage = 65_535;
const prefix = 2;
const maxStreams = 256;

interface Stream {
  /** Sequence number that the next segment begins with. */
  next: number;
  pending: Buffer;
}

/**
 * Puts DNS over TCP together again (RFC 1035, 4.2.2: two bytes of length before each message) from segments that come
 * in order. A stream with a hole is given up: it is not worth more.
 */
export class TcpStreams {
  readonly #streams = new LRUCache<string, Stream>({ max: maxStreams });

  /** @param stream a text of its own for every connection @returns the messages that are whole now */
  add(stream: string, sequence: number, segment: Buffer): Buffer[] {
    const known = this.#streams.get(stream);
    if (known !== undefined && known.next !== sequence) this.#streams.delete(stream);
    const pending = known?.next === sequence ? Buffer.concat([known.pending, segment]) : segment;
    const messages: Buffer[] = [];
    let at = 0;
    while (pending.length - at >= prefix) {
      const end = at + prefix + pending.readUInt16BE(at);
      if (end > pending.length) break;
      messages.push(pending.subarray(at + prefix, end));
      at = end;
    }
    const rest = pending.subarray(at);
    if (rest.length > prefix + maxMessage) this.#streams.delete(stream);
    else this.#streams.set(stream, { next: (sequence + segment.length) >>> 0, pending: Buffer.from(rest) });
    return messages;
  }
}
