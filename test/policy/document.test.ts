import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseAddress } from '../../core/address.ts';
import type { Edge } from '../../core/edge.ts';
import type { Direction } from '../../core/flow.ts';
import type { Entity } from '../../core/identity.ts';
import { parseManifests, snapshotOf } from '../../core/manifest.ts';
import type { Verdict } from '../../core/verdict.ts';
import { dialects } from '../../policy/print/dialect/all.ts';
import type { DialectName } from '../../policy/print/dialect/dialect.ts';
import { generate } from '../../policy/generate/generate.ts';
import { Printer } from '../../policy/print/printer.ts';
import { commentOnRule } from '../../policy/generate/rule-comment.ts';
import { edge, external, workload } from './clusters.ts';

/*
 * docs/POLICIES.md holds a cluster, what was seen in it, and what is made of that. The word behind the language of a block
 * says which it is; `made` is followed by the dialect, the workload, and what else was asked for.
 */
const text = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'POLICIES.md'), 'utf8');
const blocks = [...text.matchAll(/^```(\w+) (\w+)([^\n]*)\n([\s\S]*?)^```$/gm)].map(
  ([, , kind = '', words = '', body = '']) => ({ kind, words: words.trim().split(' '), body }),
);
const start = Date.UTC(2026, 0, 1);

function end(name: string): Entity {
  return parseAddress(name) === null ? workload(name) : external(name);
}

/** `shop/Deployment/web -> 203.0.113.4 443/TCP dropped`, as both ends saw it for five hours. */
function seen(line: string): Edge {
  const [client = '', , server = '', port = '', verdict = 'forwarded'] = line.split(' ');
  const [number, protocol] = port.split('/');
  const times = { connections: 9, firstSeenUnixMs: start, lastSeenUnixMs: start + 5 * 3_600_000 };
  const one = edge(end(client), end(server), Number(number), {
    ...times,
    protocol: protocol as Edge['protocol'],
    verdict: verdict as Verdict,
  });
  return { ...one, byServer: one.merged };
}

const only = (kind: string) => blocks.find((block) => block.kind === kind)?.body ?? '';
const { objects, problems } = parseManifests(only('cluster'), 'POLICIES.md');
const cluster = snapshotOf(objects.map(({ object }) => object));
const edges = only('seen').trim().split('\n').map(seen);

t.same(problems, []);
for (const { words, body } of blocks.filter(({ kind }) => kind === 'made')) {
  const [dialect = '', name = '', ...asked] = words;
  t.test(`the documentation shows what is made: ${words.join(' ')}`, (t) => {
    const [namespace = '', kind = '', of = ''] = name.split('/');
    const directions = (['ingress', 'egress'] as const).filter((each) => asked.includes(each));
    const { policies } = generate({
      cluster,
      edges,
      scope: { namespace: null, workload: { namespace, kind, name: of } },
      directions: directions.length > 0 ? directions : ['ingress', 'egress'],
    });
    const made = policies[0];
    const names: Readonly<Record<string, DialectName>> = { kubernetes: 'network-policy' };
    const translate = dialects[names[dialect] ?? (dialect as DialectName)];
    const comment = (direction: Direction, index: number) => {
      const rule = made?.rules.find((each) => each.direction === direction && each.index === index);
      return rule === undefined || !asked.includes('comments') ? [] : commentOnRule(rule);
    };
    const translated = made === undefined ? [] : translate(made.policy, { isInCluster: () => false }).objects;
    t.equal(new Printer().printAll(translated, comment).yaml, body);
    t.end();
  });
}
t.equal(blocks.filter(({ kind }) => kind === 'made').length, 3);
