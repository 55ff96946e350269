/**
 * Cuts a stream of JSON objects that follow each other without separators, as OVSDB sends them (RFC 7047, 4.1). Each
 * byte is looked at once.
 */
export class JsonStream {
  readonly #maxBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #depth = 0;
  #inText = false;
  #escaped = false;

  /** @param maxBytes of one object */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns the objects that end in this chunk @throws SyntaxError for what is no JSON, RangeError for what is too long */
  add(chunk: Buffer): unknown[] {
    const objects: unknown[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (!this.#endsObject(chunk[at] as number)) continue;
      const whole = Buffer.concat([...this.#pending, chunk.subarray(start, at + 1)]);
      this.#pending = [];
      this.#pendingBytes = 0;
      start = at + 1;
      objects.push(JSON.parse(whole.toString('utf8')));
    }
    this.#keep(chunk.subarray(start));
    return objects;
  }

  #keep(rest: Buffer): void {
    if (rest.length === 0) return;
    this.#pendingBytes += rest.length;
    if (this.#pendingBytes > this.#maxBytes) throw new RangeError(`a message has more than ${this.#maxBytes} bytes`);
    this.#pending.push(rest);
  }

  #endsObject(byte: number): boolean {
    if (this.#inText) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === 0x5c) this.#escaped = true;
      else if (byte === 0x22) this.#inText = false;
      return false;
    }
    if (byte === 0x22) this.#inText = true;
    else if (byte === 0x7b || byte === 0x5b) this.#depth++;
    else if (byte === 0x7d || byte === 0x5d) this.#depth--;
    else if (this.#depth === 0 && byte > 0x20) throw new SyntaxError('this is no JSON object');
    if (this.#depth < 0) throw new SyntaxError('a JSON object ends that has not begun');
    return this.#depth === 0 && (byte === 0x7d || byte === 0x5d);
  }
}
