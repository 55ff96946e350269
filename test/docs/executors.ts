import type { Block } from './blocks.ts';

/** Who runs what of the pages: a test, as `room/name`, or nobody with the reason. */
export type Executor = { readonly test: string } | { readonly notRun: string };

/**
 * Which commands are run by which test, by how they begin. Commands of a page that has a test of its own
 * (`pageExecutors`) are run by that one.
 */
export const commandExecutors: readonly (readonly [RegExp, Executor])[] = [
  [/^(helm|kubectl) /, { test: 'chart/documents' }],
  [/^(npx )?weir /, { test: 'docs/weir-commands' }],
  [/^export WEIR_/, { test: 'docs/weir-commands' }],
  [/^weir-aggregator (backup|restore) /, { test: 'docs/aggregator-commands' }],
  [/^pg_(dump|restore) /, { test: 'aggregator/copy/postgres' }],
  [/^npm run demo$/, { test: 'lab/demo' }],
  [/^npm test$/, { notRun: 'it is what runs all of this' }],
];

/** Which blocks are not commands of a shell, or are shown with what they print, by page and what stands at the fence. */
export const blockExecutors: readonly (readonly [document: string, kind: RegExp, Executor])[] = [
  ['docs/VERIFY.md', /^console$/, { test: 'cli/verify-page' }],
  ['docs/FIRST-POLICY.md', /^(console|yaml in )/, { test: 'docs/first-policy' }],
  ['docs/POLICIES.md', /^(yaml|text) (cluster|seen|made)/, { test: 'policy/document' }],
  ['docs/OPERATE.md', /^yaml restore\.yaml$/, { test: 'chart/documents' }],
  ['docs/QUERY.md', /^text refused$/, { test: 'docs/weir-commands' }],
  ['docs/QUERY.md', /^ebnf$/, { notRun: 'a grammar; core/filter holds the parser to it' }],
  ['CONTRIBUTING.md', /^text imports$/, { notRun: 'the table that architecture/imports holds, in short' }],
];

/** Who runs a block that is no list of commands; null when nobody is named. */
export function blockExecutor({ document, kind }: Block): Executor | null {
  return blockExecutors.find(([page, at]) => page === document && at.test(kind))?.[2] ?? null;
}

/** Who runs a command; null when nobody is named. */
export function commandExecutor(command: string): Executor | null {
  return commandExecutors.find(([start]) => start.test(command))?.[1] ?? null;
}
