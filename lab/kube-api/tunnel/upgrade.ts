import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import { send } from '../http.ts';
import type { PodAccess } from '../pod-access.ts';
import { failure, type Status } from '../status.ts';
import { execProtocol, serveExec } from './exec.ts';
import { forwardPorts, portForwardProtocol } from './port-forward.ts';

/** A request for a connection of another protocol. */
export interface Upgrade {
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
export function refuse({ request, socket }: Upgrade, status: Status): void {
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  response.shouldKeepAlive = false;
  response.once('finish', () => socket.end());
  send(response, status.code, status);
}

/** Serves a subresource of a pod until its connection ends. @param pod `namespace/name` */
export function openTunnel(
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
