/** Settles what is open: the same question has the same answer throughout one world. */
export interface World {
  choose<T>(question: string, options: readonly [T, ...T[]]): T;
}

/** Runs in every world that there is: each answer to each question that comes up. */
export function allWorlds<T>(run: (world: World) => T): Set<T> {
  const results = new Set<T>();
  const visit = (settled: ReadonlyMap<string, unknown>) => {
    const answers = new Map(settled);
    const others: [string, unknown][][] = [];
    const choose = <O>(question: string, options: readonly [O, ...O[]]): O => {
      if (!answers.has(question)) {
        for (const option of options.slice(1)) others.push([...answers, [question, option]]);
        answers.set(question, options[0]);
      }
      return answers.get(question) as O;
    };
    results.add(run({ choose }));
    for (const other of others) visit(new Map(other));
  };
  visit(new Map());
  return results;
}

export const either = [true, false] as const;
