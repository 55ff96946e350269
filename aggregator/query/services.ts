import type { Sight } from '../../core/sight.ts';
import { encodeEntity } from '../../proto/convert-edge.ts';
import type * as wire from '../../proto/wire.ts';
import { distinctEnds, portOfKey, type ServiceState } from '../identity/holders.ts';
import { wireProtocol } from '../../proto/names.ts';

/** A Service with what is behind each of its ports now, as somebody may see it. */
export function summarizeService({ ref, addresses, targets }: ServiceState, sight: Sight): wire.ServiceSummary {
  return {
    service: ref,
    addresses,
    ports: [...targets].map(([key, behind]) => {
      const { protocol, port } = portOfKey(key);
      const ends = distinctEnds(behind, sight).map((end) => ({ entity: encodeEntity(end.entity), port: end.port }));
      return { protocol: wireProtocol[protocol], port, behind: ends };
    }),
  };
}
