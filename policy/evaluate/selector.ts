import type { LabelSelector, LabelSelectorRequirement, Labels } from '../../core/kubernetes.ts';

export type LabelPredicate = (labels: Labels) => boolean;

/** Holds for all. */
export const everyLabels: LabelPredicate = () => true;

/** Own properties only: a label may be called `constructor`. */
function valueOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function compileRequirement({ key, operator, values = [] }: LabelSelectorRequirement): LabelPredicate {
  const among = new Set(values);
  switch (operator) {
    case 'In':
      return (labels) => {
        const value = valueOf(labels, key);
        return value !== undefined && among.has(value);
      };
    case 'NotIn':
      return (labels) => {
        const value = valueOf(labels, key);
        return value === undefined || !among.has(value);
      };
    case 'Exists':
      return (labels) => valueOf(labels, key) !== undefined;
    case 'DoesNotExist':
      return (labels) => valueOf(labels, key) === undefined;
  }
}

/**
 * Compiles a selector to a predicate: every matchLabel and every matchExpression must hold, and an empty selector holds
 * for all. NotIn and DoesNotExist hold for a label that is absent (apimachinery, labels.Requirement.Matches).
 */
export function compileSelector(selector: LabelSelector): LabelPredicate {
  const wanted = Object.entries(selector.matchLabels ?? {});
  const requirements = (selector.matchExpressions ?? []).map(compileRequirement);
  return (labels) => {
    for (const [key, value] of wanted) if (valueOf(labels, key) !== value) return false;
    for (const holds of requirements) if (!holds(labels)) return false;
    return true;
  };
}
