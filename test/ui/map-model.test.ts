import t from 'tap';
import type { GraphLink, GraphNode } from '../../proto/wire.ts';
import { inBlock } from '../../ui/src/design/block.ts';
import { candidateLinks } from '../../ui/src/map/candidate-links.ts';
import { dotText, mermaidText } from '../../ui/src/map/diagram.ts';
import { layout } from '../../ui/src/map/layout.ts';
import { matrixOf, tooDense } from '../../ui/src/map/matrix.ts';
import { drawnLinks, mapModel } from '../../ui/src/map/model.ts';
import { svgText } from '../../ui/src/map/svg-text.ts';
import { end, wireEdge } from './edges.ts';

function node(id: string, change: Partial<GraphNode> = {}): GraphNode {
  const [type = '', rest = ''] = id.split(':');
  const [namespace = '', kind = '', name = ''] = rest.split('/');
  const workload = type === 'workload' ? { namespace, kind, name } : null;
  const inside = type === 'workload' ? namespace : type === 'namespace' ? rest : '';
  return {
    id,
    type,
    label: name || rest,
    namespace: inside,
    workload,
    workloads: 1,
    pods: 1,
    addresses: 1,
    labels: {},
    ports: [],
    services: [],
    degree: 1,
    hub: false,
    ...change,
  };
}

function link(source: string, target: string, change: Partial<GraphLink> = {}): GraphLink {
  const counts = {
    edges: 1,
    connections: 1,
    bytes: 1,
    firstSeenUnixMs: 1,
    lastSeenUnixMs: 1,
    forwarded: 1,
    dropped: 0,
    refused: 0,
    unanswered: 0,
  };
  const ports = [{ protocol: 'PROTOCOL_TCP', port: 443, verdict: 'VERDICT_FORWARDED' }] as const;
  return { source, target, ports, ...counts, ...change };
}

const cart = 'workload:shop/Deployment/cart';
const db = 'workload:shop/StatefulSet/db';
const bank = 'external:203.0.113.0/24';
const graph = {
  nodes: [node(cart), node(db), node('namespace:ops'), node(bank)],
  links: [link(cart, db, { dropped: 1 }), link('namespace:ops', cart), link(cart, bank)],
};

t.test('open namespaces and what is outside are boxes, silent workloads are drawn as such', async (t) => {
  const idle = node('workload:shop/Deployment/idle', { degree: 0 });
  const model = mapModel({ ...graph, nodes: [...graph.nodes, idle] }, null, '');
  t.strictSame(
    model.groups.map(({ label }) => label).toSorted((a, b) => a.localeCompare(b)),
    ['Outside the cluster', 'shop'],
  );
  t.strictSame(
    model.nodes.filter(({ silent }) => silent).map(({ label }) => label),
    ['idle'],
  );
  t.strictSame(
    model.links.map(({ state }) => state),
    ['dropped', 'forwarded', 'forwarded'],
  );
});

t.test('lines to hubs are badges until the hub is selected', async (t) => {
  const others = Array.from({ length: 10 }, (_, i) => node(`workload:shop/Deployment/w${i}`));
  const hub = node('workload:kube-system/Deployment/dns', { hub: true, degree: 10 });
  const model = mapModel({ nodes: [hub, ...others], links: others.map(({ id }) => link(id, hub.id)) }, null, '');
  t.equal(drawnLinks(model, '').length, 0);
  t.equal(drawnLinks(model, hub.id).length, 10);
  t.strictSame(
    model.nodes.find(({ id }) => id === others[0]?.id)?.badges.map(({ label, outgoing }) => [label, outgoing]),
    [['dns', true]],
  );
  const small = mapModel(
    { nodes: [{ ...hub, degree: 4 }, ...others], links: [link(others[0]?.id ?? '', hub.id)] },
    null,
    '',
  );
  t.equal(drawnLinks(small, '').length, 1, 'few lines hide nothing');
  const around = mapModel({ nodes: [hub, ...others], links: others.map(({ id }) => link(id, hub.id)) }, null, hub.id);
  t.equal(drawnLinks(around, '').length, 10, 'a map around a hub is of its lines');
});

t.test('a candidate policy says what it would deny, and nothing of what it does not govern', async (t) => {
  const policy = {
    workload: { namespace: 'shop', kind: 'Deployment', name: 'cart' },
    name: 'cart',
    yaml: '',
    rules: [],
    alsoSelects: [],
    notes: [],
  };
  const finding = {
    edge: wireEdge('shop/cart', '203.0.113.7', 443),
    decision: 'denied',
    direction: 'egress',
    because: '',
    rule: null,
  };
  const replay = {
    flows: 2,
    allowed: 1,
    denied: 1,
    depends: 0,
    newlyAllowed: 0,
    findings: [finding],
    stillDenied: 0,
    unusedRules: [],
    overPermission: null,
  };
  const candidate = candidateLinks({ policies: [policy], replay }, graph);
  const states = new Map(mapModel(graph, candidate, '').links.map(({ id, state }) => [id, state]));
  t.equal(states.get(`${cart}>${bank}`), 'would-be-denied');
  t.equal(states.get(`${cart}>${db}`), 'allowed');
  const other = candidateLinks({ policies: [], replay }, graph);
  t.equal(mapModel(graph, other, '').links[0]?.state, 'dropped');
  t.equal(candidateLinks(undefined, graph), null);
});

t.test('addresses are found in their block', async (t) => {
  t.ok(inBlock('203.0.113.7', '203.0.113.0/24'));
  t.notOk(inBlock('203.0.114.7', '203.0.113.0/24'));
  t.ok(inBlock('10.1.2.3', '10.0.0.0/8'));
  t.ok(inBlock('2001:db8:0:1::7', '2001:db8::/48'));
  t.notOk(inBlock('2001:db9::7', '2001:db8::/48'));
  for (const [address, block] of [
    ['x', '10.0.0.0/8'],
    ['10.0.0.1', 'bank'],
    ['1::2::3', '1::/16'],
    ['10.0.0.999', '10.0.0.0/8'],
  ] as const)
    t.notOk(inBlock(address, block), address);
});

t.test('the matrix has clients down and servers across', async (t) => {
  const { rows, columns, cells } = matrixOf(mapModel(graph, null, ''));
  t.strictSame(
    rows.map(({ label }) => label),
    ['cart', 'ops'].toSorted(
      (a, b) => rows.findIndex(({ label }) => label === a) - rows.findIndex(({ label }) => label === b),
    ),
  );
  t.equal(cells.length, 3);
  for (const {
    row,
    column,
    link: { source, target },
  } of cells)
    t.strictSame([rows[row]?.id, columns[column]?.id], [source, target]);
});

t.test('a map that would be a tangle says why it is a matrix', async (t) => {
  const nodes = Array.from({ length: 201 }, (_, i) => node(`workload:a/Deployment/w${i}`));
  t.match(tooDense(mapModel({ nodes, links: [] }, null, '')), /201 nodes/);
  t.equal(tooDense(mapModel(graph, null, '')), null);
});

t.test('diagrams and pictures hold any text as text', async (t) => {
  const evil = '"]; x -> y <script>&\u001b[31m';
  const model = mapModel(
    { nodes: [node(cart, { label: evil }), node(db)], links: [link(cart, db, { dropped: 1 })] },
    null,
    '',
  );
  const dot = dotText(model);
  t.match(dot, String.raw`\"]; x -> y <script>&[31m`);
  t.match(dot, /subgraph cluster_0 \{\n {4}label="shop"/);
  t.match(dot, 'color=red');
  t.match(mermaidText(model), 'n0["&quot;]; x -> y &lt;script>&amp;[31m"]');
  const at = layout({ nodes: model.nodes.map(({ id, group }) => ({ id, group })), links: [], known: [] });
  const colours = {
    forwarded: '#1',
    dropped: '#2',
    refused: '#3',
    unanswered: '#4',
    unknown: '#5',
    allowed: '#6',
    'would-be-denied': '#7',
  };
  const svg = svgText(model, at, {
    surface: '#fff',
    box: '#eee',
    line: '#ddd',
    text: '#000',
    quiet: '#555',
    link: colours,
  });
  t.match(svg, '&quot;]; x -&gt; y');
  t.notMatch(svg, /<script|style=/);
  t.match(svg, 'stroke-dasharray="7 4"');
  t.match(end('shop/db'), { entity: 'workload' });
});
