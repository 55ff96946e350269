export const verdicts = ['forwarded', 'dropped', 'refused', 'unanswered'] as const;

/** What the network did with traffic, as observed. */
export type Verdict = (typeof verdicts)[number];

/** What the policies say about traffic, as computed. `depends` where Kubernetes leaves it open. */
export type Decision = 'allowed' | 'denied' | 'depends';
