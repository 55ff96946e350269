/** The tables of the integration bridge, in the order in which a packet passes them. */
export const table = {
  start: 0,
  translate: 1,
  service: 2,
  egress: 3,
  ingress: 4,
  forward: 5,
  deliver: 6,
  arp: 10,
} as const;

/** Connection tracking zones: one for Services and policies, one for pods that reach themselves. */
export const zone = { service: 1, hairpin: 2 } as const;
