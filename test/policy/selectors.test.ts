import t from 'tap';
import type { LabelSelectorRequirement, Labels } from '../../core/kubernetes.ts';
import { compileSelector } from '../../policy/evaluate/selector.ts';

function holds(requirement: LabelSelectorRequirement, labels: Labels): boolean {
  return compileSelector({ matchExpressions: [requirement] })(labels);
}

t.test('NotIn holds for a label that is absent', (t) => {
  const requirement = { key: 'env', operator: 'NotIn', values: ['prod'] } as const;
  t.equal(holds(requirement, {}), true);
  t.equal(holds(requirement, { env: 'test' }), true);
  t.equal(holds(requirement, { env: 'prod' }), false);
  t.end();
});

t.test('DoesNotExist holds for a label that is absent, and not for an empty one', (t) => {
  const requirement = { key: 'env', operator: 'DoesNotExist' } as const;
  t.equal(holds(requirement, {}), true);
  t.equal(holds(requirement, { env: '' }), false);
  t.end();
});

t.test('In and Exists do not hold for a label that is absent', (t) => {
  t.equal(holds({ key: 'env', operator: 'In', values: ['prod', ''] }, {}), false);
  t.equal(holds({ key: 'env', operator: 'In', values: ['prod', ''] }, { env: '' }), true);
  t.equal(holds({ key: 'env', operator: 'Exists' }, {}), false);
  t.equal(holds({ key: 'env', operator: 'Exists' }, { env: '' }), true);
  t.end();
});

t.test('matchLabels with an empty value wants the label with that value', (t) => {
  const selects = compileSelector({ matchLabels: { env: '' } });
  t.equal(selects({}), false);
  t.equal(selects({ env: 'x' }), false);
  t.equal(selects({ env: '' }), true);
  t.end();
});

t.test('an empty selector holds for everything', (t) => {
  for (const selector of [{}, { matchLabels: {} }, { matchExpressions: [] }]) {
    t.equal(compileSelector(selector)({}), true);
  }
  t.end();
});

t.test('every matchLabel and every matchExpression must hold', (t) => {
  const selects = compileSelector({
    matchLabels: { app: 'a', tier: 'b' },
    matchExpressions: [{ key: 'env', operator: 'Exists' }],
  });
  t.equal(selects({ app: 'a', tier: 'b', env: 'x' }), true);
  t.equal(selects({ app: 'a', tier: 'b' }), false);
  t.equal(selects({ app: 'a', env: 'x' }), false);
  t.end();
});

t.test('a label that is named like a property of every object is a label like any other', (t) => {
  t.equal(compileSelector({ matchExpressions: [{ key: 'constructor', operator: 'DoesNotExist' }] })({}), true);
  t.equal(compileSelector({ matchLabels: { constructor: 'x' } })({ constructor: 'x' }), true);
  t.end();
});
