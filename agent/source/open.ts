import { WeirError } from '../../core/errors.ts';
import {
  bpfObjectPath,
  type CaptureHandle,
  type CaptureOptions,
  isNativeError,
  native,
  type NativeError,
} from '../../native/native.ts';
import { type Features, programsFor } from './features.ts';
import { captureIdentity } from './identity.ts';

export interface CaptureSizes {
  /** Bounds of the kernel's maps, in entries. */
  readonly maxSocketEdges: number;
  readonly maxPacketEdges: number;
  readonly maxDropEdges: number;
  readonly maxInterfaces: number;
  /** Bytes; powers of two. */
  readonly overflowRingBytes: number;
  readonly dnsRingBytes: number;
}

export interface OpenOptions extends CaptureSizes {
  readonly features: Features;
  readonly ignoredReasons: readonly number[];
  /** Folder in a BPF file system; empty to pin nothing. */
  readonly pins: string;
}

function optionsOf(options: OpenOptions): CaptureOptions {
  const { features, ignoredReasons, pins, overflowRingBytes, dnsRingBytes } = options;
  const rest = {
    objectPath: bpfObjectPath,
    programs: programsFor(features),
    nodeCookie: native.ownNamespaceCookie(),
    ignoredReasons,
    dnsAnswers: features.get('dns-names')?.active === true,
    conntrack: features.get('address-translation')?.active === true,
    socketEdges: options.maxSocketEdges,
    packetEdges: options.maxPacketEdges,
    dropEdges: options.maxDropEdges,
    interfaces: options.maxInterfaces,
    overflowRingBytes,
    dnsRingBytes,
    pins,
  };
  return { ...rest, ...captureIdentity(rest) };
}

function explain(error: NativeError): WeirError {
  const { code, op, detail } = error;
  if (code === 'EPERM' || code === 'EACCES') {
    const what = `${op} was refused; run as root, or with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN`;
    return new WeirError('CAPTURE_NO_PERMISSION', what, { cause: error });
  }
  return new WeirError('CAPTURE_LOAD', `${error.message}\n${detail}`, { cause: error });
}

/** Errors of the file system that the pins should be in, as opposed to errors of the capture. */
const pinningErrors = new Set(['EMEDIUMTYPE', 'EROFS', 'ENOENT', 'ENOTDIR']);
const pinningOps = new Set(['mkdir', 'statfs', 'pin', 'bpf_obj_pin']);

export interface Opened {
  readonly capture: CaptureHandle;
  /** Why nothing is pinned; empty when it is. */
  readonly unpinned: string;
}

/** Loads the programs or takes over those that are pinned. @throws WeirError CAPTURE_NO_PERMISSION, CAPTURE_LOAD */
export function openCapture(options: OpenOptions): Opened {
  try {
    return { capture: native.openCapture(optionsOf(options)), unpinned: '' };
  } catch (error) {
    if (!isNativeError(error)) throw error;
    if (options.pins === '' || !pinningOps.has(error.op) || !pinningErrors.has(error.code)) throw explain(error);
    return { ...openCapture({ ...options, pins: '' }), unpinned: `${error.message} ${error.detail}` };
  }
}
