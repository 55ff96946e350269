import { gunzipSync, gzipSync } from 'node:zlib';
import { messageOf } from '../core/errors.ts';
import { byteFormOf } from './load.ts';
import type * as wire from './wire.ts';

const byteForm = byteFormOf<wire.GetStatusResponse>('weir.v1.GetStatusResponse');

/** Much more than the agents of one process have to tell. */
const maxBytes = 64 << 20;

/** What a process of the aggregator leaves for the others that share its database: its part of the status. */
export function encodeReport(report: wire.GetStatusResponse): Uint8Array {
  return gzipSync(byteForm.serialize(report), { level: 1 });
}

/** As `encodeReport` made it, also by another version of Weir. @returns why it cannot be read, in its place */
export function decodeReport(bytes: Uint8Array): wire.GetStatusResponse | string {
  try {
    return byteForm.deserialize(gunzipSync(bytes, { maxOutputLength: maxBytes }));
  } catch (error) {
    return messageOf(error);
  }
}
