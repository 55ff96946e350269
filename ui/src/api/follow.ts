import { createParser } from 'eventsource-parser';
import type { FollowRequest, FollowResponse } from '../../../proto/wire.ts';
import { ApiError, apiUrl, ask } from './client.ts';
import { refused, token } from './session.ts';

export type StreamState =
  | { readonly type: 'connecting' }
  | { readonly type: 'open' }
  /** It is tried again by itself. */
  | { readonly type: 'lost'; readonly reason: string }
  /** Trying again would change nothing. */
  | { readonly type: 'refused'; readonly reason: string };

export interface StreamEvents {
  readonly onState: (state: StreamState) => void;
  readonly onWindow: (window: FollowResponse) => void;
}

/** What ends a stream in its midst. */
type Fault = Pick<ApiError, 'code' | 'message'>;

const firstRetryMs = 500;
const longestRetryMs = 15_000;
/** The server sends something at least every 15 s; with nothing for so long the way is broken. */
const silenceMs = 45_000;

/**
 * Reads the one event stream of a tab. When it breaks it goes on behind the last window that was read, ever less often.
 * @returns ends it
 */
export function followWindows(request: Partial<FollowRequest>, events: StreamEvents): () => void {
  const end = new AbortController();
  let resumeToken = '';
  let retryMs = firstRetryMs;
  const onWindow = (window: FollowResponse) => {
    if (window.resumeToken !== '') ({ resumeToken } = window);
    retryMs = firstRetryMs;
    events.onWindow(window);
  };
  const run = async () => {
    while (!end.signal.aborted) {
      events.onState({ type: 'connecting' });
      const broken = await readOnce({ ...request, resumeToken }, end.signal, events.onState, onWindow);
      if (end.signal.aborted) return;
      events.onState(broken);
      if (broken.type === 'refused') return;
      await pause(retryMs, end.signal);
      retryMs = Math.min(retryMs * 2, longestRetryMs);
    }
  };
  void run();
  return () => end.abort();
}

/** Reads until the stream ends. @returns why it ended */
async function readOnce(
  request: Partial<FollowRequest>,
  end: AbortSignal,
  onState: StreamEvents['onState'],
  onWindow: StreamEvents['onWindow'],
): Promise<Extract<StreamState, { readonly reason: string }>> {
  const url = apiUrl('query/follow');
  url.searchParams.set('request', JSON.stringify(request));
  const silence = new AbortController();
  let watchdog = setTimeout(() => silence.abort(), silenceMs);
  const bearer = token();
  const lost = (reason: string) => ({ type: 'lost', reason }) as const;
  try {
    const response = await ask(url, {
      headers: { accept: 'text/event-stream' },
      signal: AbortSignal.any([end, silence.signal]),
    });
    onState({ type: 'open' });
    let fault: Fault | null = null as Fault | null;
    const parser = createParser({
      onEvent: ({ event, data }) => {
        if (event === 'fault') fault = JSON.parse(data) as Fault;
        else if (data !== '') onWindow(JSON.parse(data) as FollowResponse);
      },
    });
    const reader = (response.body ?? new Blob().stream()).pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => silence.abort(), silenceMs);
      parser.feed(part.value);
    }
    if (fault === null) return lost('The aggregator ended the stream');
    if (fault.code === 'UNAUTHENTICATED') refused(bearer, true);
    return { type: fault.code === 'FORBIDDEN' ? 'refused' : 'lost', reason: fault.message };
  } catch (error) {
    if (silence.signal.aborted) return lost('Nothing was heard for 45 s');
    if (!(error instanceof ApiError)) return lost('The aggregator did not answer');
    return { type: error.status === 401 || error.status === 403 ? 'refused' : 'lost', reason: error.message };
  } finally {
    clearTimeout(watchdog);
  }
}

function pause(ms: number, end: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    end.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
