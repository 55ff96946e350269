import { writeFileSync } from 'node:fs';
import { parseDuration } from '../../core/time.ts';
import type { Lab } from '../lab.ts';
import { unlessAborted } from '../signals.ts';
import { keysOf, type Narrator } from './narrator.ts';
import type { DemoOptions } from './options.ts';
import { generatePolicies, readPolicies, replayAll } from './policies.ts';
import type { DemoResult } from './result.ts';
import { isFromRogue, letRogueTry, type RogueResult } from './rogue.ts';
import { compare, type Watched, watchEdges } from './watch.ts';
import type { Weir } from './weir.ts';

const namespaces = ['shop', 'data', 'kube-system'] as const;
/** The one whose policies are printed. */
const shownNamespace = 'shop';
const edgesWithinMs = 45_000;
const rogueWithinMs = 20_000;

export interface Stage {
  readonly lab: Lab;
  readonly weir: Weir;
  readonly tell: Narrator;
  readonly options: DemoOptions;
  readonly abort: AbortSignal;
}

/** Where the demo leaves the policies that it made, for `weir policy check`. */
export function policiesFile(lab: Lab): string {
  return `${lab.stateDir}/weir/policies.yaml`;
}

async function observe({ lab, weir, tell, options, abort }: Stage): Promise<Watched> {
  const expected = lab.expectedEdges();
  tell.heading(`Watching: ${expected.length} edges are expected from the lab's own description`);
  const settleMs = parseDuration(options.window) ?? 0;
  lab.startTraffic();
  const watched = await watchEdges(
    weir,
    expected,
    { withinMs: edgesWithinMs, settleMs },
    (edge) => tell.edge(edge),
    abort,
  );
  tell.edgeKeys('missing', keysOf(watched.missing));
  tell.edgeKeys('unexpected', keysOf(watched.unexpected));
  if (watched.missing.length + watched.unexpected.length === 0) {
    tell.good(`all ${expected.length} edges were seen, and no other`);
  }
  return watched;
}

async function generate({ lab, weir, tell }: Stage): Promise<{ policies: number; yaml: string }> {
  tell.heading(`Policies of namespace ${shownNamespace}, made from what was seen`);
  const generated = await generatePolicies(weir, namespaces);
  tell.line(generated.find(({ namespace }) => namespace === shownNamespace)?.yaml.trimEnd());
  const yaml = generated.map((each) => each.yaml).join('---\n');
  writeFileSync(policiesFile(lab), yaml);
  const counts = generated.map(({ namespace, response }) => `${response.policies.length} in ${namespace}`);
  tell.good(`policies: ${counts.join(', ')}; all of them in ${policiesFile(lab)}`);
  return { policies: readPolicies(yaml).length, yaml };
}

async function prove({ weir, tell }: Stage, yaml: string): Promise<DemoResult['replay']> {
  tell.heading('Replaying everything that was recorded against these policies');
  const { flows, allowed, denied, depends, findings } = await replayAll(weir, yaml);
  for (const { decision, direction, because } of findings) tell.bad(`${decision} (${direction}): ${because}`);
  const line = `${flows} flows replayed: ${allowed} allowed, ${denied} denied, ${depends} depend`;
  if (denied === 0) tell.good(line);
  else tell.bad(line);
  return { flows, denied };
}

async function enforce({ lab, tell, abort }: Stage, yaml: string): Promise<DemoResult['enforced']> {
  tell.heading('Enforcing them in the kernel, and trying every legitimate connection anew');
  await lab.enforce(readPolicies(yaml));
  const { ok, failed } = await unlessAborted(abort, lab.checkLegitimate());
  for (const { from, attempt, failure } of failed) tell.bad(`${from}: ${attempt}: ${failure}`);
  const line = `${ok} attempts went through, ${failed.length} failed`;
  if (failed.length === 0) tell.good(line);
  else tell.bad(line);
  return { legitimate_ok: ok, legitimate_failed: failed.length };
}

async function attack({ lab, weir, tell, abort }: Stage): Promise<RogueResult> {
  tell.heading('A rogue pod appears in namespace shop and reaches for the databases and more');
  const result = await letRogueTry(lab, weir, rogueWithinMs, abort);
  for (const edge of result.edges) tell.edge(edge);
  const line = `${result.dropped} of ${result.attempts} attempts got nowhere: ${result.reason || 'not known why'}`;
  if (result.dropped === result.attempts) tell.good(line);
  else tell.bad(line);
  return result;
}

/** What has been seen in the end: enforcement, too, must bring forth nothing but what the rogue pod tried. */
async function lookBack({ lab, weir, tell }: Stage, before: Watched): Promise<Watched> {
  const edges = (await weir.edges()).filter((edge) => !isFromRogue(edge));
  const watched = compare(lab.expectedEdges(), edges);
  const known = new Set(keysOf(before.unexpected));
  tell.edgeKeys(
    'unexpected, since the policies are enforced',
    keysOf(watched.unexpected).filter((key) => !known.has(key)),
  );
  return watched;
}

/** The whole demo, from silence to a dropped connection. */
export async function tellStory(stage: Stage): Promise<DemoResult> {
  const pods = stage.lab.pods.length;
  const observed = await observe(stage);
  const { policies, yaml } = await generate(stage);
  const replay = await prove(stage, yaml);
  const enforced = await enforce(stage, yaml);
  const { attempts, dropped, reason } = await attack(stage);
  const watched = await lookBack(stage, observed);
  return {
    pods,
    edges_expected: stage.lab.expectedEdges().length,
    edges_seen: watched.edges.length,
    edges: keysOf(watched.edges),
    missing: keysOf(watched.missing),
    unexpected: keysOf(watched.unexpected),
    wrong_direction: watched.wrongDirection.length,
    policies,
    replay,
    enforced,
    rogue: { attempts, dropped, reason },
    seconds: stage.tell.seconds,
  };
}
