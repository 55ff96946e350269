import { fieldNames, type RulePlace } from './because.ts';

/** Keys and indexes from the root of a policy. */
export type PolicyPath = readonly (string | number)[];

/** Where the deciding part of a rule is written: its peer if it names one, else the rule. */
export function pathOfPlace(place: RulePlace): PolicyPath {
  const rule = ['spec', place.direction, place.rule];
  return place.peer === null ? rule : [...rule, fieldNames(place).peers, place.peer];
}
