import { request } from 'node:http';
import type { Milliseconds } from '../../../core/time.ts';

export interface GetBounds {
  readonly timeoutMs: Milliseconds;
  readonly maxBytes: number;
}

/** Gets a JSON document over HTTP from a unix socket. @throws Error when it is refused, late, too long or no JSON */
export async function getJson(socketPath: string, path: string, { timeoutMs, maxBytes }: GetBounds): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs);
  const text = await new Promise<string>((resolve, reject) => {
    const call = request({ socketPath, path, signal, headers: { host: 'localhost' } }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > maxBytes) call.destroy(new Error(`the answer has more than ${maxBytes} bytes`));
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(new Error(`the answer is ${response.statusCode}`));
      });
    });
    call.on('error', (error) => reject(signal.aborted ? new Error(`no answer in ${timeoutMs} ms`) : error));
    call.end();
  });
  return JSON.parse(text);
}
