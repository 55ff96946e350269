import { entityInScope } from '../../scope.ts';
import { type EdgeField, namedWords, oneOf } from '../field.ts';

const words = ['ingress', 'egress'];

export const directionField: EdgeField = {
  of: 'edge',
  name: 'direction',
  detail: 'ingress where the server is in the namespace or workload that is asked for, egress where the client is',
  words,
  check: oneOf(words),
  test: (term, { scope }) => {
    const named = namedWords(term);
    return ({ client, server }) =>
      (named.has('ingress') && entityInScope(scope, server)) || (named.has('egress') && entityInScope(scope, client));
  },
};
