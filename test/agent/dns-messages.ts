import { type Answer, encode } from 'dns-packet';

/** A record in an answer section. */
export function record(type: 'A' | 'AAAA' | 'CNAME', name: string, data: string, ttl = 60): Answer {
  return { type, name, ttl, data };
}

/** An answer to the question for a name's address. */
export function answerTo(name: string, answers: readonly Answer[]): Buffer {
  return encode({ type: 'response', id: 7, questions: [{ type: 'A', name }], answers: [...answers] });
}

/** Messages as TCP carries them: two bytes of length before each (RFC 1035, 4.2.2). */
export function streamOf(messages: readonly Buffer[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      return [length, message];
    }),
  );
}
