import { messageOf } from '../core/errors.ts';
import type { Batch } from '../core/flow.ts';
import { check, decodeCounts, Invalid, isCount } from './check.ts';
import { encodeLosses } from './convert-coverage.ts';
import { decodeRecords } from './decode-records.ts';
import { encodeRecords } from './encode-records.ts';
import { byteFormOf } from './load.ts';
import type * as wire from './wire.ts';

/** A batch that was read, with the status that its agent sent along; or why it could not be read. */
export type DecodedBatch =
  | { readonly ok: true; readonly batch: Batch; readonly status: wire.AgentStatus | null }
  | { readonly ok: false; readonly message: string };

/** The longest window that is believed, in milliseconds: a day. */
const maxWindowMs = 86_400_000;

/** The wire form of a batch. @param status the agent's state to send along, or null */
export function encodeBatch(batch: Batch, status: wire.AgentStatus | null): wire.Batch {
  const { epoch, sequence, window, losses, records } = batch;
  return {
    ...encodeRecords(records, window.startUnixMs),
    id: { epoch, sequence },
    windowStartUnixMs: window.startUnixMs,
    windowEndUnixMs: window.endUnixMs,
    losses: encodeLosses(losses),
    status,
  };
}

/**
 * Reads a batch from the wire, believing nothing: columns must agree in length, indices be in range, counts be
 * non-negative and exact. Never throws; what is wrong is said in `message`.
 */
export function decodeBatch(message: wire.Batch): DecodedBatch {
  const { id, windowStartUnixMs: startUnixMs, windowEndUnixMs: endUnixMs } = message;
  try {
    check(id !== null, 'the batch has no id');
    check(isCount(id.epoch) && id.epoch > 0, `epoch ${id.epoch} is not a time`);
    check(isCount(id.sequence) && id.sequence > 0, `sequence ${id.sequence} does not count from 1`);
    check(isCount(startUnixMs) && isCount(endUnixMs), 'the window is not a span of time');
    check(
      startUnixMs < endUnixMs && endUnixMs - startUnixMs <= maxWindowMs,
      'the window is empty or longer than a day',
    );
    const losses = decodeCounts(
      message.losses.map(({ stage, events }) => [stage, events]),
      'loss at',
    );
    const window = { startUnixMs, endUnixMs };
    const { epoch, sequence } = id;
    return {
      ok: true,
      batch: { epoch, sequence, window, losses, records: decodeRecords(message) },
      status: message.status,
    };
  } catch (error) {
    if (error instanceof Invalid) return { ok: false, message: error.message };
    throw error;
  }
}

const byteForm = byteFormOf<wire.Batch>('weir.v1.Batch');

/** The bytes of a batch, as they are sent and spooled. */
export function batchToBytes(message: wire.Batch): Uint8Array {
  return byteForm.serialize(message);
}

/** The message of bytes that batchToBytes made, to be sent on. @throws Error when they are not such bytes */
export function batchMessage(bytes: Uint8Array): wire.Batch {
  return byteForm.deserialize(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** Reads the bytes of a batch as strictly as decodeBatch. Never throws. */
export function batchFromBytes(bytes: Uint8Array): DecodedBatch {
  let message: wire.Batch;
  try {
    message = batchMessage(bytes);
  } catch (error) {
    return { ok: false, message: `not the bytes of a batch: ${messageOf(error)}` };
  }
  return decodeBatch(message);
}
