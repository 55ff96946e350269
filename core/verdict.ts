/** What the network did with traffic, as observed. */
export type Verdict = 'forwarded' | 'dropped' | 'refused' | 'unanswered';

/** What the policies say about traffic, as computed. `depends` where Kubernetes leaves it open. */
export type Decision = 'allowed' | 'denied' | 'depends';
