import { native } from '../../native/native.ts';

/**
 * Reasons for which the kernel frees packets that no network kept from anybody: nobody listens (the sender is told), a
 * socket closes or has the data already, a frame for another host. Patterns over the kernel's names, which differ
 * between versions.
 */
const noise = [
  /^NO_SOCKET$/,
  /^NOT_DROPPED_YET$/,
  /^CONSUMED$/,
  /^QUEUE_PURGE$/,
  /^OTHERHOST$/,
  /^DEV_READY$/,
  /^UNHANDLED_PROTO$/,
  /^DUP_FRAG$/,
  /^TCP_/,
  /^NEIGH_/,
  /^LOCAL_MAC$/,
  /^IPV6_NDISC_/,
  /^IPV6DISABLED$/,
];

export interface DropReasons {
  /** The running kernel's names by number, such as NETFILTER_DROP; numbers shift between kernels. */
  readonly names: ReadonlyMap<number, string>;
  /** Numbers of those that say nothing of the network. */
  readonly ignored: readonly number[];
}

/** Reads the reasons of the running kernel; empty where it knows none. */
export function dropReasons(): DropReasons {
  const names = new Map(
    Object.entries(native.kernelEnum('skb_drop_reason')).map(([name, value]) => [
      value,
      name.replace(/^SKB_(DROP_REASON_)?/, ''),
    ]),
  );
  const ignored = [...names].flatMap(([value, name]) => (noise.some((each) => each.test(name)) ? [value] : []));
  return { names, ignored };
}
