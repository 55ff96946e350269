import { type Cidr, cidrContains, hostCidr, parseAddress, parseCidr } from '../../address.ts';
import type { EndField } from '../field.ts';

function blockOf(value: string): Cidr | null {
  const address = parseAddress(value);
  return parseCidr(address === null ? value : hostCidr(address));
}

export const cidrField: EndField = {
  of: 'end',
  name: 'cidr',
  detail: 'block that holds the address of an end outside, or of one without a name',
  words: null,
  check: (value) => (blockOf(value) === null ? 'give an address or a block, such as 10.0.0.0/8 or fd00::/8' : null),
  test: ({ values }) => {
    const blocks = values.map(blockOf).filter((block) => block !== null);
    return (end) => {
      if (end.type !== 'external' && end.type !== 'unresolved') return false;
      return blocks.some((block) => cidrContains(block, end.address));
    };
  },
};
