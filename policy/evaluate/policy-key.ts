import type { Policy } from '../../core/kubernetes.ts';
import type { PolicyRef } from './because.ts';

export function refOf({ kind, metadata }: Policy): PolicyRef {
  return { kind, namespace: metadata.namespace, name: metadata.name };
}

/** A text that is equal for policies of one kind, namespace and name only. */
export function policyKey({ kind, namespace, name }: PolicyRef): string {
  return `${kind}/${namespace}/${name}`;
}

/** What is in force when more is applied: of two policies of one kind, namespace and name the later one stands. */
export function overlay(applied: readonly Policy[], added: readonly Policy[]): Policy[] {
  return [...new Map([...applied, ...added].map((policy) => [policyKey(refOf(policy)), policy])).values()];
}
