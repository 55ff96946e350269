import { bpfObjectPath, type CaptureHandle, type CaptureOptions, native } from '../../native/native.ts';

/** Why BPF programs cannot be loaded here; false when they can. In the form of tap's `skip` option. */
export function whyNoPrograms(): string | false {
  return process.getuid?.() === 0 ? false : 'loading BPF programs needs root';
}

/** A small capture with every program of this kernel, nothing attached and nothing pinned. */
export function openTestCapture(other: Partial<CaptureOptions> = {}): CaptureHandle {
  return native.openCapture({
    objectPath: bpfObjectPath,
    programs: ['on_tcp_state', 'on_drop', 'on_packet', 'on_packet_from_pod', 'on_packet_to_pod'],
    nodeCookie: native.ownNamespaceCookie(),
    ignoredReasons: [],
    dnsAnswers: true,
    conntrack: true,
    socketEdges: 16,
    packetEdges: 16,
    dropEdges: 16,
    interfaces: 16,
    overflowRingBytes: 4096,
    dnsRingBytes: 65_536,
    pins: '',
    captureId: 1n,
    layoutId: 1n,
    programId: 1n,
    ...other,
  });
}
