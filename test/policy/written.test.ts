import fc from 'fast-check';
import t from 'tap';
import { parse } from 'yaml';
import { dialects } from '../../policy/print/dialect/all.ts';
import { dialectNames } from '../../policy/print/dialect/dialect.ts';
import { generate } from '../../policy/generate/generate.ts';
import { pathPart, policyFiles } from '../../policy/print/policy-files.ts';
import { Printer } from '../../policy/print/printer.ts';
import { commentOnRule } from '../../policy/generate/rule-comment.ts';
import { cluster, deploy, edge, external } from './clusters.ts';
import { someNetworkPolicy } from './drawn.ts';

const context = { isInCluster: () => false };

t.test('the lines of each rule are those that hold it, in every dialect, with and without comments', (t) => {
  fc.assert(
    fc.property(someNetworkPolicy, fc.constantFrom(...dialectNames), fc.boolean(), (given, dialect, withComments) => {
      const { objects } = dialects[dialect](given, context);
      const comment = (direction: string, index: number) => [`about ${direction} ${index}`, 'and more'];
      const { yaml, lines } = new Printer().printAll(objects, withComments ? comment : undefined);
      const text = yaml.split('\n');
      return lines.every(({ direction, index, firstLine, lastLine }, place) => {
        const own = text.slice(firstLine - 1, lastLine).join('\n');
        const startsRule = own.startsWith('  - ');
        const endsRule = !(text[lastLine] ?? '').startsWith('    ');
        const above = text.slice(firstLine - 3, firstLine - 1);
        const commented = above.join('\n') === `  # about ${direction} ${index}\n  # and more`;
        const after = lines[place - 1];
        return (
          startsRule && endsRule && commented === withComments && (after === undefined || after.lastLine < firstLine)
        );
      });
    }),
    { seed: 60, numRuns: 300 },
  );
  t.end();
});

t.test('a comment says what its rule rests on', (t) => {
  const shop = cluster(deploy('web'), deploy('cart'));
  const seen = { connections: 3, firstSeenUnixMs: 0, lastSeenUnixMs: 86_400_000 };
  const { policies } = generate({
    cluster: shop,
    edges: [edge('web', 'cart', 80, seen)],
    scope: { namespace: null, workload: { namespace: 'shop', kind: 'Deployment', name: 'cart' } },
    directions: ['ingress'],
  });
  const [made] = policies;
  t.same(made && commentOnRule(made.rules[0] as never), [
    'from shop/deployment/web on TCP 80',
    '1 row, 3 connections, seen 1970-01-01T00:00:00.000Z to 1970-01-02T00:00:00.000Z',
    'confidence medium: reported by one end only',
  ]);
  t.end();
});

t.test('no name that is quoted in a comment can end it', (t) => {
  const { objects } = dialects['network-policy'](
    {
      apiVersion: '',
      kind: 'NetworkPolicy',
      metadata: { name: 'p', namespace: 'shop', uid: '', labels: {}, annotations: {}, ownerReferences: [] },
      spec: { podSelector: {}, ingress: [{}] },
    },
    context,
  );
  const evil = 'x\n  egress: [{}]\r\u2028\u0085y';
  const { yaml } = new Printer().printAll(objects, () => [evil]);
  t.same(parse(yaml).spec, { podSelector: {}, ingress: [{}] });
  t.equal(yaml.split('\n').length, 11);
  t.end();
});

t.test('equal edges in any order give equal bytes in every dialect', (t) => {
  const shop = cluster(deploy('web'), deploy('cart'), deploy('ads'));
  const edges = [
    edge('web', 'cart', 80),
    edge('web', 'ads', 80),
    edge('web', external('203.0.113.4'), 443),
    edge('web', external('203.0.113.5'), 443),
    edge('ads', 'web', 81),
    edge('cart', 'web', 81, { protocol: 'UDP' }),
  ];
  const bytes = (given: typeof edges, dialect: (typeof dialectNames)[number]) => {
    const scope = { namespace: null, workload: null };
    const { policies } = generate({ cluster: shop, edges: given, scope, directions: ['ingress', 'egress'] });
    return policies
      .map(({ policy }) => new Printer().printAll(dialects[dialect](policy, context).objects).yaml)
      .join('');
  };
  for (const dialect of dialectNames) t.equal(bytes(edges, dialect), bytes(edges.toReversed(), dialect), dialect);
  t.end();
});

t.test("files are a component of Kustomize, one in each namespace's folder", (t) => {
  const files = policyFiles([
    { namespace: 'shop', name: 'weir-web', yaml: 'b' },
    { namespace: 'data', name: 'weir-redis', yaml: 'a' },
  ]);
  t.same(
    files.map(({ path }) => path),
    ['data/weir-redis.yaml', 'shop/weir-web.yaml', 'kustomization.yaml'],
  );
  t.same(parse(files.at(-1)?.text ?? ''), {
    apiVersion: 'kustomize.config.k8s.io/v1alpha1',
    kind: 'Component',
    resources: ['data/weir-redis.yaml', 'shop/weir-web.yaml'],
  });
  t.end();
});

t.test('no name makes a path that leads elsewhere', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constantFrom('..', '.', '', '../x', 'a/b', '\\', 'a\0b')), (name) => {
      const part = pathPart(name);
      return /^[\w.-]+$/.test(part) && !/^\.*$/.test(part);
    }),
    { seed: 61, numRuns: 500 },
  );
  t.end();
});
