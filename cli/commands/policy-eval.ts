import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { errorTable, messageOf, WeirError } from '../../core/errors.ts';
import { becauseText } from '../../policy/because.ts';
import { PolicySet } from '../../policy/evaluate.ts';
import { NamedPeers } from '../../policy/named-peers.ts';
import { decidingDirection, worstAnswer } from '../../policy/worst.ts';
import { linesOf } from '../lines.ts';
import { readManifestSet, remarkProblems } from '../manifest-set.ts';
import type { Terminal } from '../terminal.ts';
import { printable } from '../text.ts';

export interface EvalOptions {
  readonly manifests: readonly string[];
  readonly queries: string;
}

/** Far more than a question needs. */
const mostLineBytes = 65536;

const question = z.object({
  src: z.string(),
  dst: z.string(),
  proto: z.enum(['TCP', 'UDP', 'SCTP']),
  port: z.int().min(1).max(65535),
});

type Question = z.output<typeof question>;

/** One line of the answer; `allow` is null where it depends on what `assumption` names. */
type AnswerLine =
  | {
      readonly ingress: string;
      readonly egress: string;
      readonly allow: boolean | null;
      readonly assumption?: string;
      readonly because: string;
    }
  | { readonly error: string };

function readQuestion(text: string | null): Question | { readonly reason: string } {
  if (text === null) return { reason: `longer than ${mostLineBytes} bytes` };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { reason: `not JSON: ${messageOf(error)}` };
  }
  const read = question.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  return { reason: `${issue?.path.join('.') || 'question'}: ${issue?.message ?? 'not valid'}` };
}

function answer(asked: Question, policies: PolicySet, names: NamedPeers): AnswerLine {
  const [clients, servers] = [names.find(asked.src), names.find(asked.dst)];
  if ('reason' in clients) return { error: clients.reason };
  if ('reason' in servers) return { error: servers.reason };
  const worst = worstAnswer(policies, clients, servers, { protocol: asked.proto, port: asked.port });
  const { decision, ingress, egress } = worst;
  const { because } = worst[decidingDirection(worst)];
  const sides = { ingress: ingress.decision, egress: egress.decision };
  if (because.type === 'open') {
    return { ...sides, allow: null, assumption: because.assumption, because: becauseText(because) };
  }
  return { ...sides, allow: decision === 'allowed', because: becauseText(because) };
}

/**
 * Answers each line of a file from manifests alone.
 * @returns the exit status: 0, or 2 when a manifest or a question could not be read
 */
export async function evaluateQueries(terminal: Terminal, { manifests, queries }: EvalOptions): Promise<number> {
  const set = await readManifestSet(manifests);
  remarkProblems(terminal, set);
  const policies = new PolicySet(set.policies, set.cluster.nodes);
  const names = new NamedPeers(set.cluster, policies);
  const stream = queries === '-' ? process.stdin : createReadStream(queries);
  const source = queries === '-' ? 'standard input' : queries;
  let failed = set.problems.length > 0;
  try {
    for await (const { number, text } of linesOf(stream, mostLineBytes)) {
      if (text?.trim() === '') continue;
      const asked = readQuestion(text);
      const line = 'reason' in asked ? { error: asked.reason } : answer(asked, policies, names);
      if (!('error' in line)) {
        terminal.data(`${JSON.stringify(line)}\n`);
        continue;
      }
      failed = true;
      const error = `${source}:${number}: ${line.error}`;
      terminal.data(`${JSON.stringify({ error })}\n`);
      terminal.remark(printable(error));
    }
  } catch (error) {
    throw new WeirError('QUERY_INVALID', `${source}: ${messageOf(error)}`, { cause: error });
  }
  return failed ? errorTable.MANIFEST_INVALID.exit : 0;
}
