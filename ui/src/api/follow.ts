import { createParser } from 'eventsource-parser';
import type { FollowRequest, FollowResponse } from '../../../proto/wire.ts';
import { type ApiError, apiUrl, errorOf, identityHeaders } from './client.ts';

export type StreamState =
  | { readonly type: 'connecting' }
  | { readonly type: 'open' }
  /** It is tried again by itself. */
  | { readonly type: 'lost'; readonly reason: string };

export interface StreamEvents {
  readonly onState: (state: StreamState) => void;
  readonly onWindow: (window: FollowResponse) => void;
}

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
      const reason = await readOnce({ ...request, resumeToken }, end.signal, events.onState, onWindow);
      if (end.signal.aborted) return;
      events.onState({ type: 'lost', reason });
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
): Promise<string> {
  const url = apiUrl('query/follow');
  url.searchParams.set('request', JSON.stringify(request));
  const silence = new AbortController();
  let watchdog = setTimeout(() => silence.abort(), silenceMs);
  try {
    const response = await fetch(url, {
      headers: { accept: 'text/event-stream', ...identityHeaders() },
      signal: AbortSignal.any([end, silence.signal]),
    });
    if (!response.ok || response.body === null) return (await errorOf(response)).message;
    onState({ type: 'open' });
    let fault = '';
    const parser = createParser({
      onEvent: ({ event, data }) => {
        if (event === 'fault') fault = (JSON.parse(data) as ApiError).message;
        else if (data !== '') onWindow(JSON.parse(data) as FollowResponse);
      },
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => silence.abort(), silenceMs);
      parser.feed(part.value);
    }
    return fault || 'The aggregator ended the stream';
  } catch {
    return silence.signal.aborted ? 'Nothing was heard for 45 s' : 'The aggregator did not answer';
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
