import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Address, parseAddress } from '../../../core/address.ts';
import type { PodRef } from '../../../core/identity.ts';
import { complaintOf } from '../complaint.ts';
import type { SourceProblem, SourceState } from './sandbox.ts';

/** One interface of a sandbox, as libcni wrote it down. */
export interface CniResult {
  /** Null when an older libcni wrote it, which tells addresses only. */
  readonly pod: PodRef | null;
  readonly containerId: string;
  /** Inside the pod. */
  readonly interfaceName: string;
  /** File that holds the sandbox's network namespace open; empty when the result does not tell. */
  readonly netnsPath: string;
  readonly addresses: readonly Address[];
}

/** A node has some hundred; whoever writes more there is no CNI. */
const maxFiles = 20_000;
const maxBytes = 1 << 20;

const plainResult = z.object({
  interfaces: z.array(z.object({ name: z.string(), sandbox: z.string().optional() })).default([]),
  ips: z.array(z.object({ address: z.string() })).default([]),
});

/** The parts of a cached result that are read, as libcni has written them since 0.8; `netns` since 1.2. */
const cachedResult = z.object({
  kind: z.string(),
  netns: z.string().optional(),
  containerId: z.string().default(''),
  ifName: z.string().default('eth0'),
  cniArgs: z.array(z.tuple([z.string(), z.string()])),
  result: plainResult.optional().catch(undefined),
});

function addressesOf(result: z.infer<typeof plainResult> | undefined): Address[] {
  return (result?.ips ?? []).flatMap(({ address }) => parseAddress(address.replace(/\/\d+$/, '')) ?? []);
}

/** The namespace of the interface inside the pod, as the plugin has it. */
function sandboxOf(result: z.infer<typeof plainResult> | undefined): string {
  return (result?.interfaces ?? []).find(({ sandbox }) => sandbox !== undefined && sandbox !== '')?.sandbox ?? '';
}

function podOf(cniArgs: readonly (readonly [string, string])[]): PodRef {
  const args = new Map(cniArgs);
  const of = (name: string): string => {
    const value = args.get(name);
    if (value === undefined || value === '') throw new Error(`cniArgs has no ${name}`);
    return value;
  };
  return { namespace: of('K8S_POD_NAMESPACE'), name: of('K8S_POD_NAME'), uid: of('K8S_POD_UID') };
}

/** `<network>-<sandbox>-<interface>`; a sandbox's id is 64 hexadecimal digits. */
const plainName = /-([0-9a-f]{64})-([^-]+)$/;

/** Before 0.8 there was nothing but the plugin's answer, and the rest was in the file's name. */
function readPlain(file: string, content: unknown): CniResult {
  const [, containerId, interfaceName] = plainName.exec(file) ?? [];
  const result = plainResult.parse(content);
  const netnsPath = sandboxOf(result);
  if (containerId === undefined || interfaceName === undefined || netnsPath === '') {
    throw new Error('it names neither a pod nor a sandbox');
  }
  return { pod: null, containerId, interfaceName, netnsPath, addresses: addressesOf(result) };
}

function readResult(file: string, text: string): CniResult {
  const content: unknown = JSON.parse(text);
  if (typeof content === 'object' && content !== null && !('kind' in content)) {
    return readPlain(file, content);
  }
  const { netns, containerId, ifName, cniArgs, result } = cachedResult.parse(content);
  const pod = podOf(cniArgs);
  const netnsPath = netns ?? sandboxOf(result);
  return { pod, containerId, interfaceName: ifName, netnsPath, addresses: addressesOf(result) };
}

type Outcome = { readonly result: CniResult } | { readonly problem: SourceProblem };

interface KnownFile {
  readonly stamp: string;
  readonly outcome: Outcome;
}

/** Reads libcni's result caches, one file per sandbox and interface. Files are read again only when they changed. */
export class CniResults {
  readonly #folders: readonly string[];
  #files = new Map<string, KnownFile>();
  #state: SourceState = { name: 'cni-cache', state: 'off', detail: 'not read yet' };

  /** @param folders those that are not there count as empty, as long as one is */
  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  get state(): SourceState {
    return this.#state;
  }

  /** Everything that the caches say now. A file that cannot be read is a problem, not an end. */
  read(): { readonly results: readonly CniResult[]; readonly problems: readonly SourceProblem[] } {
    const files = new Map<string, KnownFile>();
    const missing: SourceProblem[] = [];
    for (const folder of this.#folders) this.#readFolder(folder, files, missing);
    this.#files = files;
    const results: CniResult[] = [];
    const problems: SourceProblem[] = missing.length === this.#folders.length ? missing : [];
    for (const { outcome } of files.values()) {
      if ('problem' in outcome) problems.push(outcome.problem);
      else results.push(outcome.result);
    }
    this.#state = this.#stateOf(results.length, problems, missing);
    return { results, problems };
  }

  #stateOf(results: number, problems: readonly SourceProblem[], missing: readonly SourceProblem[]): SourceState {
    const [first] = problems;
    if (missing.length === this.#folders.length)
      return { name: 'cni-cache', state: 'off', detail: first?.message ?? '' };
    if (first === undefined) return { name: 'cni-cache', state: 'ok', detail: `${results} results` };
    const rest = problems.length > 1 ? ` and ${problems.length - 1} more` : '';
    return { name: 'cni-cache', state: 'failing', detail: `${first.what}: ${first.message}${rest}` };
  }

  #readFolder(folder: string, into: Map<string, KnownFile>, missing: SourceProblem[]): void {
    let names: string[];
    try {
      names = readdirSync(folder);
    } catch (error) {
      missing.push({ what: folder, message: complaintOf(error) });
      return;
    }
    for (const name of names.toSorted()) {
      const file = join(folder, name);
      if (into.size >= maxFiles) {
        into.set(folder, { stamp: '', outcome: { problem: { what: folder, message: `more than ${maxFiles} files` } } });
        return;
      }
      const known = this.#readFile(file, name, this.#files.get(file));
      if (known !== null) into.set(file, known);
    }
  }

  #readFile(file: string, name: string, known: KnownFile | undefined): KnownFile | null {
    try {
      const stat = statSync(file);
      const stamp = `${stat.mtimeMs} ${stat.ino} ${stat.size}`;
      if (known?.stamp === stamp) return known;
      try {
        // A pipe would make the reader wait for its writer.
        if (!stat.isFile()) throw new Error('it is no file');
        if (stat.size > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
        return { stamp, outcome: { result: readResult(name, readFileSync(file, 'utf8')) } };
      } catch (error) {
        return { stamp, outcome: { problem: { what: file, message: complaintOf(error) } } };
      }
    } catch {
      // Gone between the listing and the look: the sandbox was deleted.
      return null;
    }
  }
}
