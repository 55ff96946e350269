import { parseCidr } from './address.ts';
import { WeirError } from './errors.ts';
import { compareText } from './order.ts';

/** Which label keys selectors may use; a key that ends in `*` stands for all that begin so. */
export interface LabelChoice {
  /** None means every key that is not excluded. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** What an egress rule for traffic through a Service names: what the network plugin wants, pods only, or the Service too. */
export type ServiceRules = 'by-plugin' | 'targets' | 'addresses';

/** What people set for a cluster as a whole. */
export interface Settings {
  readonly workloadLabels: LabelChoice;
  readonly namespaceLabels: LabelChoice;
  /** Canonical blocks that pods and Services have their addresses from, besides those that the cluster states; sorted. */
  readonly podCidrs: readonly string[];
  readonly serviceCidrs: readonly string[];
  readonly serviceRules: ServiceRules;
  /** Counts up by one with each change; 0 before the first. */
  readonly revision: number;
}

export const everyLabel: LabelChoice = { include: [], exclude: [] };

export const defaultSettings: Settings = {
  workloadLabels: everyLabel,
  namespaceLabels: everyLabel,
  podCidrs: [],
  serviceCidrs: [],
  serviceRules: 'by-plugin',
  revision: 0,
};

/** How many entries each list may have. */
const maxEntries = 200;
/** A qualified name (kubernetes/apimachinery, IsQualifiedName), or the beginning of one with a `*` behind it. */
const labelKey = /^(?=.{1,317}$)([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const labelPrefix = /^[-A-Za-z0-9_./]{0,316}\*$/;

function invalid(what: string): WeirError {
  return new WeirError('SETTINGS_INVALID', what);
}

function checkLength(field: string, list: readonly string[]): void {
  if (list.length > maxEntries) throw invalid(`${field} has ${list.length} entries; give ${maxEntries} at most`);
}

function readKeys(field: string, keys: readonly string[]): string[] {
  checkLength(field, keys);
  for (const key of keys) {
    if (labelKey.test(key) || labelPrefix.test(key)) continue;
    const what = 'give a key such as app.kubernetes.io/name, or a beginning with * behind it, such as helm.sh/*';
    throw invalid(`${field}: ${JSON.stringify(key.slice(0, 80))} is no label key; ${what}`);
  }
  return [...new Set(keys)].toSorted(compareText);
}

function readLabels(field: string, { include, exclude }: LabelChoice): LabelChoice {
  const choice = { include: readKeys(`${field}.include`, include), exclude: readKeys(`${field}.exclude`, exclude) };
  const both = choice.include.find((key) => choice.exclude.includes(key));
  if (both !== undefined) throw invalid(`${field} includes and excludes ${both}; give it once`);
  return choice;
}

function readBlocks(field: string, blocks: readonly string[]): string[] {
  checkLength(field, blocks);
  const read = blocks.map((text) => {
    const block = parseCidr(text);
    if (block !== null) return block.text;
    throw invalid(`${field}: ${JSON.stringify(text.slice(0, 80))} is no block; give one such as 10.244.0.0/16`);
  });
  return [...new Set(read)].toSorted(compareText);
}

/** Brings settings as people give them into the form in which they are kept. @throws WeirError SETTINGS_INVALID */
export function readSettings(given: Settings): Settings {
  if (!Number.isSafeInteger(given.revision) || given.revision < 0)
    throw invalid('the revision is no whole number from 0');
  return {
    workloadLabels: readLabels('workload_labels', given.workloadLabels),
    namespaceLabels: readLabels('namespace_labels', given.namespaceLabels),
    podCidrs: readBlocks('pod_cidrs', given.podCidrs),
    serviceCidrs: readBlocks('service_cidrs', given.serviceCidrs),
    serviceRules: given.serviceRules,
    revision: given.revision,
  };
}
