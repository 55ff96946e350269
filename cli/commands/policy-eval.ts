import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { errorTable, messageOf, WeirError } from '../../core/errors.ts';
import { becauseText } from '../../policy/evaluate/because.ts';
import { editText } from '../../policy/explain/edit.ts';
import { type Answer, PolicySet } from '../../policy/evaluate/evaluate.ts';
import { Explainer } from '../../policy/explain/explain.ts';
import { NamedPeers } from '../../policy/evaluate/named-peers.ts';
import type { Query } from '../../policy/evaluate/query.ts';
import { decidingDirection, worstAnswer } from '../../policy/evaluate/worst.ts';
import { linesOf } from '../lines.ts';
import { type ManifestSet, readManifestSet, remarkProblems } from '../manifest-set.ts';
import { PolicySources } from '../policy-sources.ts';
import type { Terminal } from '../terminal.ts';
import { printable } from '../text.ts';

export interface EvalOptions {
  readonly manifests: readonly string[];
  readonly queries: string;
  readonly explain: boolean;
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
      readonly explanation?: object;
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

/** What questions are answered from. */
interface Knowledge {
  readonly policies: PolicySet;
  readonly names: NamedPeers;
  /** Null unless answers are to be explained. */
  readonly explain: ((query: Query, answer: Answer) => object) | null;
}

/** An explanation as it is printed: with the files and lines of what decided and of what to edit. */
function explaining({ policies, cluster, objects }: ManifestSet): NonNullable<Knowledge['explain']> {
  const [explainer, sources] = [new Explainer(policies, cluster.nodes), new PolicySources(objects)];
  return (query, answer) => {
    const { flip, because, direction, tier } = explainer.explain(query, answer);
    const edits = flip?.edits.map((edit) => ({ text: editText(edit), ...sources.ofEdit(edit), ...edit })) ?? [];
    return {
      direction,
      tier,
      ...sources.ofBecause(because),
      because,
      flip: flip === null ? null : { to: flip.to, edits },
    };
  };
}

function answer(asked: Question, { policies, names, explain }: Knowledge): AnswerLine {
  const [clients, servers] = [names.find(asked.src), names.find(asked.dst)];
  if ('reason' in clients) return { error: clients.reason };
  if ('reason' in servers) return { error: servers.reason };
  const { proto: protocol, port } = asked;
  const { client, server, ...worst } = worstAnswer(policies, clients, servers, { protocol, port });
  const { decision, ingress, egress } = worst;
  const { because } = worst[decidingDirection(worst)];
  return {
    ingress: ingress.decision,
    egress: egress.decision,
    allow: decision === 'depends' ? null : decision === 'allowed',
    ...(because.type === 'open' && { assumption: because.assumption }),
    because: becauseText(because),
    ...(explain !== null && { explanation: explain({ client, server, protocol, port }, worst) }),
  };
}

/**
 * Answers each line of a file from manifests alone.
 * @returns the exit status: 0, or 2 when a manifest or a question could not be read
 */
export async function evaluateQueries(terminal: Terminal, options: EvalOptions): Promise<number> {
  const { queries } = options;
  const set = await readManifestSet(options.manifests);
  remarkProblems(terminal, set);
  const policies = new PolicySet(set.policies, set.cluster.nodes);
  const names = new NamedPeers(set.cluster, policies);
  const knowledge = { policies, names, explain: options.explain ? explaining(set) : null };
  const stream = queries === '-' ? process.stdin : createReadStream(queries);
  const source = queries === '-' ? 'standard input' : queries;
  let failed = set.problems.length > 0;
  try {
    for await (const { number, text } of linesOf(stream, mostLineBytes)) {
      if (text?.trim() === '') continue;
      const asked = readQuestion(text);
      const line = 'reason' in asked ? { error: asked.reason } : answer(asked, knowledge);
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
