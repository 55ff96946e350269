import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { type Address, parseAddress } from '../../core/address.ts';
import { messageOf } from '../../core/errors.ts';
import type { Milliseconds, UnixMs } from '../../core/time.ts';
import type { NodePod } from './node-pod.ts';

const fileName = 'pods.json';
/** Far more than a kubelet runs. */
const maxPods = 4_096;
const maxBytes = 4 << 20;
/** What was known longer ago than this, while no agent ran, may be somebody else's by now. */
const maxAgeMs: Milliseconds = 900_000;

const address = z
  .string()
  .refine((text) => parseAddress(text) !== null)
  .transform((text) => text as Address);

const schema = z.object({
  node: z.string(),
  pods: z
    .array(
      z.object({
        ref: z.object({ namespace: z.string(), name: z.string(), uid: z.string() }),
        configHash: z.string().nullable(),
        addresses: z.array(address),
      }),
    )
    .max(maxPods),
});

/** Keeps the pods of a node over a restart of the agent, for the case that the API is away just then. */
export class PodsFile {
  readonly #path: string;
  readonly #node: string;
  readonly #log: Logger;
  #complained = false;

  constructor(folder: string, node: string, log: Logger) {
    this.#path = join(folder, fileName);
    this.#node = node;
    this.#log = log;
  }

  /** What an earlier start kept, none of it when that was too long ago or for another node. */
  load(nowUnixMs: UnixMs): readonly NodePod[] {
    try {
      const { size, mtimeMs } = statSync(this.#path);
      if (size > maxBytes || nowUnixMs - mtimeMs > maxAgeMs) return [];
      const { node, pods } = schema.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
      return node === this.#node ? pods : [];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#log.warn({ file: this.#path, reason: messageOf(error) }, 'pods of the last start cannot be read');
      }
      return [];
    }
  }

  save(pods: Iterable<NodePod>): void {
    const kept = [...pods].slice(0, maxPods);
    this.#tryTo(() => {
      const next = `${this.#path}.next`;
      const file = openSync(next, 'w');
      try {
        writeFileSync(file, JSON.stringify({ node: this.#node, pods: kept }));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(next, this.#path);
    });
  }

  /** Says that what is kept still holds. */
  confirm(nowUnixMs: UnixMs): void {
    this.#tryTo(() => utimesSync(this.#path, nowUnixMs / 1000, nowUnixMs / 1000));
  }

  /** Without the file only a restart during an outage of the API knows less. */
  #tryTo(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (this.#complained) return;
      this.#complained = true;
      this.#log.warn({ file: this.#path, reason: messageOf(error) }, 'pods are not kept for a restart');
    }
  }
}
