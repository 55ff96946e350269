import type { Edge } from '../edge.ts';
import type { EdgeTest, FilterContext } from './field.ts';
import { filterField } from './fields/all.ts';
import type { Filter, Term } from './syntax.ts';

function compileTerm(term: Term, context: FilterContext): EdgeTest {
  const field = filterField(term.field);
  if (field === undefined) throw new TypeError(`${term.field} is no field of a filter`);
  if (field.of === 'edge') return field.test(term, context);
  const test = field.test(term, context);
  switch (term.side) {
    case 'client':
      return (edge) => test(edge.client, edge);
    case 'server':
      return (edge) => test(edge.server, edge);
    case 'either':
      return (edge) => test(edge.client, edge) || test(edge.server, edge);
  }
}

/** Whether an edge passes a filter. @returns a function that is fast to call for many edges */
export function compileFilter(filter: Filter, context: FilterContext): (edge: Edge) => boolean {
  switch (filter.type) {
    case 'all':
      return () => true;
    case 'term':
      return compileTerm(filter, context);
    case 'not': {
      const test = compileFilter(filter.of, context);
      return (edge) => !test(edge);
    }
    case 'and': {
      const tests = filter.of.map((each) => compileFilter(each, context));
      return (edge) => tests.every((test) => test(edge));
    }
    case 'or': {
      const tests = filter.of.map((each) => compileFilter(each, context));
      return (edge) => tests.some((test) => test(edge));
    }
  }
}
