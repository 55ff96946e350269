const newline = 0x0a;

/** Splits a stream of bytes into lines, of which each has at most so many bytes. */
export class LineSplitter {
  readonly #maxBytes: number;
  /** The beginning of a line whose end has not come yet, in the pieces in which it came. */
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end in this piece; null when one is too long, after which there are no more. */
  push(piece: Buffer): string[] | null {
    const lines: string[] = [];
    let start = 0;
    for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, start)) {
      this.#add(piece.subarray(start, end));
      if (this.#bytes > this.#maxBytes) return null;
      if (this.#bytes > 0) lines.push(this.#take());
      start = end + 1;
    }
    if (start < piece.length) this.#add(piece.subarray(start));
    return this.#bytes > this.#maxBytes ? null : lines;
  }

  /** Whether the stream would end in the middle of a line here. */
  get isInLine(): boolean {
    return this.#bytes > 0;
  }

  #add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  #take(): string {
    const [only] = this.#pieces;
    const line = this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces, this.#bytes);
    this.#pieces = [];
    this.#bytes = 0;
    return line.toString('utf8');
  }
}
