import { WeirError } from '../../core/errors.ts';
import { type AtCursor, atCursor } from '../../core/filter/cursor.ts';
import { fieldNames, readFieldName } from '../../core/filter/field-name.ts';
import { filterField } from '../../core/filter/fields/all.ts';
import { parseFilter } from '../../core/filter/parse.ts';
import { maxFilterLength } from '../../core/filter/syntax.ts';
import { quoteValue } from '../../core/filter/words.ts';
import type * as wire from '../../proto/wire.ts';
import type { Vocabulary } from './vocabulary.ts';

const maxSuggestions = 50;

type Suggestions = readonly wire.Suggestion[];

function fieldSuggestions(prefix: string, vocabulary: Vocabulary): Suggestions {
  const [, side = '', rest = ''] = /^((?:client|server)\.)?(.*)$/s.exec(prefix) ?? [];
  if (rest.startsWith('label.')) {
    return vocabulary.values('label.').map(({ text, count }) => {
      return { text: `${side}label.${text}`, type: 'field', detail: `label of ${count} workloads` };
    });
  }
  return fieldNames().map((text) => {
    const name = text.replace(/^(client|server)\./, '').replace(/\.$/, '');
    return { text, type: 'field', detail: filterField(name)?.detail ?? '' };
  });
}

const not: wire.Suggestion = { text: 'not', type: 'keyword', detail: 'the opposite of what follows' };

const keywordSuggestions: Suggestions = [
  { text: 'and', type: 'keyword', detail: 'both conditions hold' },
  { text: 'or', type: 'keyword', detail: 'one of the conditions holds' },
];

const operatorSuggestions: Suggestions = [
  { text: '=', type: 'operator', detail: 'is one of the values, separated by commas; * stands for any text' },
  { text: '!=', type: 'operator', detail: 'is none of the values' },
  { text: '~', type: 'operator', detail: 'holds the text, whatever its case' },
  { text: '!~', type: 'operator', detail: 'does not hold the text' },
  { text: 'in', type: 'operator', detail: 'is one of (a, b)' },
  { text: 'not in', type: 'operator', detail: 'is none of (a, b)' },
];

function valueSuggestions(name: string, vocabulary: Vocabulary): Suggestions {
  const read = readFieldName(name);
  if (typeof read === 'string') return [];
  const { field, label } = read;
  if (field.words !== null) return field.words.map((text) => ({ text: text.toLowerCase(), type: 'value', detail: '' }));
  const key = label === '' ? field.name : `label.${label}`;
  const what = label === '' ? 'edges' : 'workloads';
  return vocabulary.values(key).map(({ text, count }) => {
    return { text: quoteValue(text), type: 'value', detail: count === 0 ? 'silent' : `${count} ${what}` };
  });
}

function suggestionsFor({ expected, prefix }: AtCursor, vocabulary: Vocabulary): Suggestions {
  switch (expected.type) {
    case 'field':
      return [...fieldSuggestions(prefix, vocabulary), not];
    case 'operator':
      return operatorSuggestions;
    case 'value':
      return valueSuggestions(expected.field, vocabulary);
    case 'keyword':
      return [...keywordSuggestions, ...fieldSuggestions(prefix, vocabulary)];
  }
}

/** Those that begin with what is written, then those that hold it. */
function matching(suggestions: Suggestions, prefix: string): Suggestions {
  const wanted = prefix.toLowerCase();
  const places = suggestions.map((suggestion) => {
    return { suggestion, at: suggestion.text.replace(/^"/, '').toLowerCase().indexOf(wanted) };
  });
  const beginning = places.filter(({ at }) => at === 0);
  const holding = places.filter(({ at }) => at > 0);
  return [...beginning, ...holding].slice(0, maxSuggestions).map(({ suggestion }) => suggestion);
}

/** What may stand at a place of a filter. @throws WeirError QUERY_INVALID when the place is outside of it */
export function completeFilter(
  { filter, cursor }: Pick<wire.CompleteFilterRequest, 'filter' | 'cursor'>,
  vocabulary: Vocabulary,
): wire.CompleteFilterResponse {
  if (filter.length > maxFilterLength) {
    throw new WeirError('QUERY_INVALID', `the filter is longer than ${maxFilterLength} characters; shorten it`);
  }
  if (cursor > filter.length)
    throw new WeirError('QUERY_INVALID', `the cursor is behind the filter's end, ${filter.length}`);
  const place = atCursor(filter, cursor);
  const parsed = parseFilter(filter);
  const problem = parsed.type === 'problem' ? parsed.problem : null;
  return {
    suggestions: matching(suggestionsFor(place, vocabulary), place.prefix),
    replaceFrom: place.from,
    replaceTo: place.to,
    problem: problem?.message ?? '',
    problemAt: problem?.at ?? 0,
  };
}
