import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { type Address, parseAddress } from '../core/address.ts';
import type { Edge } from '../core/edge.ts';
import { messageOf, WeirError } from '../core/errors.ts';
import { counterNames } from '../core/flow.ts';
import { unresolvedReasons } from '../core/identity.ts';
import { verdicts } from '../core/verdict.ts';
import { linesOf } from './lines.ts';

/** Far more than an edge takes. */
const mostLineBytes = 1024 * 1024;

const text = z.string();
const count = z.number().nonnegative();
const address = text
  .refine((value) => parseAddress(value) !== null, 'not an IP address')
  .transform((value) => parseAddress(value) as Address);

const entity = z.discriminatedUnion('type', [
  z.object({ type: z.literal('workload'), namespace: text, kind: text, name: text }),
  z.object({ type: z.literal('service'), namespace: text, name: text }),
  z.object({ type: z.literal('node'), name: text }),
  z.object({
    type: z.literal('external'),
    address,
    alias: z.object({ name: text, cidr: text, allowed: z.boolean() }).exactOptional(),
  }),
  z.object({ type: z.literal('unresolved'), address, reason: z.enum(unresolvedReasons) }),
]);

const counters = z.object(
  Object.fromEntries(counterNames.map((name) => [name, count])) as Record<(typeof counterNames)[number], typeof count>,
);

const observation = z.object({
  counters,
  drops: z.record(text, count),
  directionBy: z.enum(['ports', 'listener', 'first-packet', 'conntrack', 'handshake']),
  serverNames: z.array(text),
  firstSeenUnixMs: count,
  lastSeenUnixMs: count,
});

const edge = z.object({
  client: entity,
  server: entity,
  protocol: z.enum(['TCP', 'UDP', 'SCTP', 'ICMP', 'ICMPv6']),
  port: z.int().min(0).max(65535),
  services: z.array(z.object({ namespace: text, name: text })),
  byClient: observation.nullable(),
  byServer: observation.nullable(),
  merged: observation,
  verdict: z.enum(verdicts),
});

function readEdge(line: string | null): Edge | { readonly reason: string } {
  if (line === null) return { reason: `longer than ${mostLineBytes} bytes` };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return { reason: `not JSON: ${messageOf(error)}` };
  }
  const read = edge.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  return { reason: `${issue?.path.join('.') || 'flow'}: ${issue?.message ?? 'not valid'}` };
}

/** Flows as `weir flows -o jsonl` printed them, and what could not be read. */
export interface FlowFile {
  readonly edges: readonly Edge[];
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

/** @param most flows that are read; more are an error, not left out. @throws WeirError QUERY_INVALID */
export async function readFlows(file: string, most = 2_000_000): Promise<FlowFile> {
  const edges: Edge[] = [];
  const problems: { line: number; message: string }[] = [];
  try {
    for await (const { number, text: line } of linesOf(
      file === '-' ? process.stdin : createReadStream(file),
      mostLineBytes,
    )) {
      if (line?.trim() === '') continue;
      const read = readEdge(line);
      if ('reason' in read) problems.push({ line: number, message: read.reason });
      else edges.push(read);
      if (edges.length + problems.length > most)
        throw new Error(`more than ${most} flows; give those of one namespace`);
    }
  } catch (error) {
    throw new WeirError('QUERY_INVALID', `${file}: ${messageOf(error)}`, { cause: error });
  }
  return { edges, problems };
}
