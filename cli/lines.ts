/** One line of a text, without its end. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Null for a line that is longer than the limit. */
  readonly text: string | null;
}

const newline = 0x0a;

/** The lines of a stream, with no more than one of them in memory. @param mostBytes of one line */
export async function* linesOf(stream: AsyncIterable<Buffer>, mostBytes: number): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let bytes = 0;
  let number = 1;
  const take = (): Line => {
    const text = bytes > mostBytes ? null : Buffer.concat(parts).toString('utf8');
    parts = [];
    bytes = 0;
    return { number: number++, text };
  };
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(newline); ; end = chunk.indexOf(newline, start)) {
      const part = chunk.subarray(start, end < 0 ? chunk.length : end);
      bytes += part.length;
      if (bytes <= mostBytes) parts.push(part);
      if (end < 0) break;
      yield take();
      start = end + 1;
    }
  }
  if (bytes > 0) yield take();
}
