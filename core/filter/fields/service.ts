import type { ServiceRef } from '../../identity.ts';
import { type EdgeField } from '../field.ts';
import { textTest } from '../text-test.ts';

export const serviceField: EdgeField = {
  of: 'edge',
  name: 'service',
  detail: 'name or namespace/name of a Service by which the server was reached',
  words: null,
  check: (value) => (value.split('/').length <= 2 ? null : 'give a name or namespace/name, such as shop/cart'),
  test: ({ comparison, values }) => {
    const byName = textTest(
      comparison,
      values.filter((value) => !value.includes('/')),
    );
    const byPath = textTest(
      comparison,
      values.filter((value) => value.includes('/')),
    );
    const isNamed = ({ namespace, name }: ServiceRef) => byName(name) || byPath(`${namespace}/${name}`);
    return ({ server, services }) => services.some(isNamed) || (server.type === 'service' && isNamed(server));
  },
};
