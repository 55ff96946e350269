import { constants, createDeflate, createInflate, type Zlib } from 'node:zlib';
import type { Duplex } from 'node:stream';
import { headerDictionary } from './spdy-dictionary.ts';

const options = { dictionary: headerDictionary, flush: constants.Z_SYNC_FLUSH };

/** Gives a block to a stream of zlib that goes on from block to block. @throws Error for what cannot be read */
async function through(stream: Duplex & Zlib, block: Buffer): Promise<Buffer> {
  await new Promise<void>((resolve, reject) => {
    // A write that fails may never say so itself.
    stream.once('error', reject);
    stream.write(block, (error) => {
      stream.off('error', reject);
      if (error) reject(error);
      else resolve();
    });
  });
  return (stream.read() as Buffer | null) ?? Buffer.alloc(0);
}

/** The names and values of a block: their number, then each with its length before it. */
function headersIn(block: Buffer): Record<string, string> {
  let at = 0;
  const number = () => block.readUInt32BE((at += 4) - 4);
  const word = () => {
    const length = number();
    return block.toString('latin1', at, (at += length));
  };
  return Object.fromEntries(Array.from({ length: number() }, () => [word(), word()]));
}

/** The header blocks of a connection of SPDY/3, in the order in which they come and go. */
export class SpdyHeaders {
  readonly #inflate = createInflate(options);
  readonly #deflate = createDeflate(options);

  constructor() {
    // It is the write that fails which tells of it.
    this.#inflate.on('error', () => this.#inflate.destroy());
  }

  /** @throws Error for a block that is damaged */
  async read(block: Buffer): Promise<Readonly<Record<string, string>>> {
    return headersIn(await through(this.#inflate, block));
  }

  /** A block without any header. */
  async none(): Promise<Buffer> {
    return await through(this.#deflate, Buffer.alloc(4));
  }

  close(): void {
    this.#inflate.destroy();
    this.#deflate.destroy();
  }
}
