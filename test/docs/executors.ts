import type { Block } from './blocks.ts';

/** Who runs what of the pages: a test, as `room/name`, or nobody with the reason. */
export type Executor = { readonly test: string } | { readonly notRun: string };

/** Which blocks are run as a whole, by page and what stands at the fence; the first that fits counts. */
export const blockExecutors: readonly (readonly [document: RegExp, kind: RegExp, Executor])[] = [
  [/^docs\/(INSTALL|OPERATE|TROUBLESHOOTING)\.md$/, /^sh$/, { test: 'chart/documents' }],
  [/^docs\/OPERATE\.md$/, /^yaml$/, { test: 'config/processes' }],
  [/^docs\/OPERATE\.md$/, /^(sh backup|sh restore|yaml restore\.yaml)$/, { test: 'chart/run' }],
  [/^docs\/VERIFY\.md$/, /^console$/, { test: 'cli/verify-page' }],
  [/^docs\/FIRST-POLICY\.md$/, /^(console|yaml in )/, { test: 'docs/first-policy' }],
  [/^docs\/POLICIES\.md$/, /^(yaml|text) (cluster|seen|made)/, { test: 'policy/document' }],
  [/^docs\/QUERY\.md$/, /^text refused$/, { test: 'docs/weir-commands' }],
  [/^docs\/QUERY\.md$/, /^ebnf$/, { test: 'docs/grammar' }],
  [/^CONTRIBUTING\.md$/, /^text imports$/, { test: 'architecture/pages' }],
];

/** Which commands of all other blocks are run by which test, by how they begin. */
export const commandExecutors: readonly (readonly [RegExp, Executor])[] = [
  [/^kubectl apply /, { test: 'docs/first-policy' }],
  [/^(helm|kubectl) /, { test: 'docs/repeated-commands' }],
  [/^(npx )?weir /, { test: 'docs/weir-commands' }],
  [/^export WEIR_/, { test: 'docs/weir-commands' }],
  [/^weir-aggregator (backup|restore) /, { test: 'docs/aggregator-commands' }],
  [/^pg_(dump|restore) /, { test: 'aggregator/copy/postgres' }],
  [/^npm run demo$/, { test: 'lab/demo' }],
  // With what is built here: compiling for the images takes three minutes.
  [/^(npm run images -- --own-base$|skopeo copy )/, { test: 'images/images' }],
  [/^npm run images$/, { notRun: 'it takes images from a registry on the internet, and compiles for minutes' }],
  [/^npm run images /, { notRun: 'it compiles all twice from nothing: images/images does that with what is built' }],
  [/^npm test$/, { notRun: 'it is what runs all of this' }],
];

/** Who runs a block that is no list of commands; null when nobody is named. */
export function blockExecutor({ document, kind }: Block): Executor | null {
  return blockExecutors.find(([page, at]) => page.test(document) && at.test(kind))?.[2] ?? null;
}

/** Who runs a command; null when nobody is named. */
export function commandExecutor(command: string): Executor | null {
  return commandExecutors.find(([start]) => start.test(command))?.[1] ?? null;
}
