import { WeirError } from '../../core/errors.ts';
import type { NetworkPolicy } from '../../core/kubernetes.ts';
import { parseManifests } from '../../core/manifest.ts';
import type * as wire from '../../proto/wire.ts';
import { answerSoon, type Weir } from './weir.ts';

export interface Generated {
  readonly namespace: string;
  readonly yaml: string;
  readonly response: wire.GenerateResponse;
}

/** Has Weir make the policies of every namespace. */
export function generatePolicies(weir: Weir, namespaces: readonly string[]): Promise<Generated[]> {
  return Promise.all(
    namespaces.map(async (namespace) => {
      const scope = { namespace, workload: null };
      const { cluster } = weir;
      const asked = { cluster, scope, range: null, ingress: true, egress: true };
      const response = await weir.connection.policy.generate(asked, answerSoon());
      return { namespace, yaml: response.yaml, response };
    }),
  );
}

/** Reads the policies back from the YAML that a person would apply. @throws WeirError LAB when that cannot be read */
export function readPolicies(yaml: string): NetworkPolicy[] {
  const { objects, problems } = parseManifests(yaml, 'generated policies');
  const problem = problems[0];
  if (problem !== undefined) throw new WeirError('LAB', `${problem.source}:${problem.line}: ${problem.message}`);
  return objects.map(({ object }) => object).filter((object) => object.kind === 'NetworkPolicy') as NetworkPolicy[];
}

/** Replays everything that was recorded against the policies of all namespaces together. */
export async function replayAll(weir: Weir, yaml: string): Promise<wire.ReplayResult> {
  const manifests = [{ source: 'policies.yaml', text: yaml }];
  const asked = { cluster: weir.cluster, scope: null, range: null, manifests, candidatesOnly: true };
  const { replay, problems } = await weir.connection.policy.check(asked, answerSoon());
  const problem = problems[0];
  if (replay === null || problem !== undefined) {
    throw new WeirError('LAB', `the generated policies could not be checked: ${problem?.message ?? 'no result'}`);
  }
  return replay;
}
