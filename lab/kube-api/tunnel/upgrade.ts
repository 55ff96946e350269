import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import { send } from '../http.ts';
import type { Gate } from '../gate.ts';
import type { ObjectStore } from '../object-store.ts';
import type { PodAccess } from '../pod-access.ts';
import { type Target, targetOf } from '../request.ts';
import { failure, type Status } from '../status.ts';
import { execProtocol, serveExec } from './exec.ts';
import { forwardPorts, portForwardProtocol } from './port-forward.ts';

/** A request for a connection of another protocol. */
interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  /** What came behind the request already. */
  readonly head: Buffer;
}

/** What of a pod can be connected to; pods are named `namespace/name`. */
interface Tunnel {
  readonly protocol: string;
  readonly serve: (socket: WebSocket, pods: PodAccess, pod: string, query: URLSearchParams) => Promise<void>;
}

/** By subresource of a pod. */
const tunnels: Readonly<Record<string, Tunnel>> = {
  exec: {
    protocol: execProtocol,
    serve: (socket, pods, pod, query) => serveExec(socket, (command) => pods.exec(pod, command), query),
  },
  portforward: {
    protocol: portForwardProtocol,
    serve: (socket, pods, pod) => forwardPorts(createWebSocketStream(socket), (port) => pods.connect(pod, port)),
  },
};

/** Many times what kubectl sends in one message. */
const maxMessageBytes = 1 << 20;

/** Answers a request that becomes no tunnel. */
function refuse({ request, socket }: Upgrade, status: Status): void {
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  response.shouldKeepAlive = false;
  response.once('finish', () => socket.end());
  send(response, status.code, status);
}

/** Serves a subresource of a pod until its connection ends. @param pod `namespace/name` */
function serve(
  upgrade: Upgrade,
  subresource: string | null,
  pods: PodAccess,
  pod: string,
  query: URLSearchParams,
): void {
  const { request, socket, head } = upgrade;
  const tunnel = tunnels[subresource ?? ''];
  if (tunnel === undefined) return refuse(upgrade, failure(404, `pods/${subresource}: no such subresource is served`));
  const { 'sec-websocket-protocol': offered = '', upgrade: to = '' } = request.headers;
  if (to.toLowerCase() !== 'websocket' || !offered.split(/, */).includes(tunnel.protocol)) {
    return refuse(upgrade, failure(400, `unable to upgrade: ${to} ${offered} is not known here`));
  }
  const server = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes });
  // The library takes no slash in the name of a protocol, and kubectl's has one.
  delete request.headers['sec-websocket-protocol'];
  server.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${tunnel.protocol}`));
  server.handleUpgrade(request, socket, head, (webSocket) => {
    webSocket.on('error', () => webSocket.terminate());
    tunnel.serve(webSocket, pods, pod, query).catch(() => webSocket.terminate());
  });
}

/** Lets those into pods who have the right to it. */
export class Tunnels {
  readonly #store: ObjectStore;
  readonly #gate: Gate;
  readonly #pods: PodAccess | null;

  /** @param pods null where nobody gets into one */
  constructor(store: ObjectStore, gate: Gate, pods: PodAccess | null) {
    this.#store = store;
    this.#gate = gate;
    this.#pods = pods;
  }

  /** Answers a request, with a tunnel or with why there is none. */
  open(upgrade: Upgrade): void {
    const { method = 'GET', url = '/' } = upgrade.request;
    upgrade.socket.on('error', () => upgrade.socket.destroy());
    const { pathname, searchParams } = new URL(url, 'http://server');
    const target = targetOf(pathname);
    const refusal = this.#refusal(upgrade.request, method, pathname, target);
    const id = `${target?.namespace}/${target?.name}`;
    if (refusal !== null) refuse(upgrade, refusal);
    else if (this.#pods === null || target?.resource.kind !== 'Pod' || this.#store.get(target.resource, id) === null) {
      refuse(upgrade, failure(404, `${pathname} not found`));
    } else serve(upgrade, target.subresource, this.#pods, id, searchParams);
  }

  #refusal(request: IncomingMessage, method: string, path: string, target: Target | null): Status | null {
    const caller = this.#gate.callerOf(request);
    if (caller !== null && 'code' in caller) return caller;
    // As servers do from Kubernetes 1.35 on: to connect is to create, also where a WebSocket begins with GET.
    const verbs = method === 'POST' ? ['POST'] : [method, 'POST'];
    const refusals = verbs.map((each) => this.#gate.refusal(each, path, target, false, caller));
    return refusals.find((each) => each !== null) ?? null;
  }
}
