import { useMemo, useState } from 'react';
import { keepOrder, matching, type Reading, sorted } from './arrange.ts';
import type { Row } from './rows.ts';

interface Shown {
  /** What the order was made for: another sort or scope makes a new one. */
  readonly of: string;
  readonly order: readonly string[];
}

/**
 * Rows in an order that stands still while one reads.
 * @param of what is read, without time. @returns the rows, those that came since, and what takes these in
 */
export function useReading(
  all: readonly Row[],
  ready: boolean,
  of: string,
  sort: string,
  search: string,
): Reading & { readonly takeIn: () => void } {
  const [shown, setShown] = useState<Shown | null>(null);
  const [taken, setTaken] = useState(0);
  const key = `${of}|${sort}|${taken}`;
  const inOrder = useMemo(() => sorted(all, sort), [all, sort]);
  if (ready && shown?.of !== key) setShown({ of: key, order: inOrder.map(({ id }) => id) });
  const order = ready && shown?.of === key ? shown.order : null;
  const reading = useMemo(() => keepOrder(inOrder, order), [inOrder, order]);
  const rows = useMemo(() => matching(reading.rows, search), [reading, search]);
  return { rows, fresh: matching(reading.fresh, search), takeIn: () => setTaken((before) => before + 1) };
}
