import { workloadKind } from '../../workload-kind.ts';
import { globMatches, isGlob } from '../glob.ts';
import { type EndField } from '../field.ts';
import { textTest } from '../text-test.ts';

/** `name`, `kind/name` or `namespace/kind/name`, with the parts that are left out as `*`. */
function patternOf(value: string): string {
  const parts = value.split('/');
  const [name = '*', kind = '*', namespace = '*'] = parts.toReversed();
  return `${namespace}/${isGlob(kind) ? kind : workloadKind(kind)}/${name}`;
}

export const workloadField: EndField = {
  of: 'end',
  name: 'workload',
  detail: 'name, kind/name or namespace/kind/name of a workload',
  words: null,
  check: (value) =>
    value.split('/').length <= 3 ? null : 'give a name, kind/name or namespace/kind/name, such as deployment/cart',
  test: ({ comparison, values }) => {
    if (comparison === 'like') {
      const isNamed = textTest(comparison, values);
      return (end) => end.type === 'workload' && isNamed(`${end.namespace}/${end.kind}/${end.name}`);
    }
    const patterns = values.map(patternOf);
    return (end) => {
      if (end.type !== 'workload') return false;
      const name = `${end.namespace}/${end.kind}/${end.name}`;
      return patterns.some((pattern) => globMatches(pattern, name));
    };
  },
};
