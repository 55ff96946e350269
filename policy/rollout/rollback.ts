import { canonicalYaml } from '../print/canonical.ts';
import { refOf } from '../evaluate/policy-key.ts';
import type { RolloutStep } from './rollout.ts';

/** A file of a bundle. */
export interface BundleFile {
  /** Relative, of letters, digits, `.`, `_`, `-` only. */
  readonly path: string;
  readonly text: string;
}

const script = (commands: readonly string[]) => `#!/bin/sh
# Takes back a roll-out, its last step first: each state on the way is one that the roll-out came through.
# Steps that were not made yet are passed over.
set -eu
cd "$(dirname "$0")"
${commands.join('\n')}
`;

/** What brings back all that the steps change: a file for each in reverse order, and a script that takes them in turn. */
export function rollbackFiles(steps: readonly RolloutStep[]): BundleFile[] {
  const files: BundleFile[] = [];
  const commands: string[] = [];
  const digits = String(steps.length).length;
  for (const [index, { policy, previous, type }] of steps.toReversed().entries()) {
    const { kind, namespace, name } = refOf(policy);
    // A step that applied what was not there before is taken back by a delete, every other one by an apply.
    const action = type === 'apply' && previous === null ? 'delete' : 'apply';
    const number = String(index + 1).padStart(digits, '0');
    const path = `${number}-${action}-${[kind, namespace, name].filter(Boolean).join('-')}.yaml`.replaceAll(
      /[^\w.-]/g,
      '_',
    );
    files.push({ path, text: canonicalYaml(previous ?? policy) });
    commands.push(action === 'delete' ? `kubectl delete --ignore-not-found -f ${path}` : `kubectl apply -f ${path}`);
  }
  return files.length === 0 ? [] : [...files, { path: 'rollback.sh', text: script(commands) }];
}
