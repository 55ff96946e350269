import { anyValue, type EndField } from '../field.ts';
import { textTest } from '../text-test.ts';

/** Labels are those that the workload has now: what is recorded are names. */
export const labelField: EndField = {
  of: 'end',
  name: 'label',
  detail: "label of a workload's pods, as label.KEY=VALUE; label.KEY alone asks whether it has one",
  words: null,
  check: anyValue,
  test: ({ label, comparison, values }, { labelsOf }) => {
    const isNamed = comparison === 'exists' ? () => true : textTest(comparison, values);
    return (end) => {
      const labels = end.type === 'workload' ? labelsOf(end) : null;
      if (labels === null || !Object.hasOwn(labels, label)) return false;
      return isNamed(labels[label] as string);
    };
  },
};
