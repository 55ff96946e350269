import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { followWindows, type StreamState } from '../api/follow.ts';
import { queryClient } from '../api/use-call.ts';
import { useMayAsk } from './access.ts';
import { scopeOf } from './scope.ts';
import { rangeOf } from './span.ts';
import { show, useView } from './use-view.ts';

export interface LiveState {
  /** Null while paused. */
  readonly stream: StreamState | null;
  readonly nowUnixMs: number;
  /** Windows that the server left out because this page read too slowly, or that it no longer had. */
  readonly missed: number;
  /** Stands still at this moment, or goes on from it. */
  readonly toggle: () => void;
}

const Context = createContext<LiveState>({ stream: null, nowUnixMs: 0, missed: 0, toggle: () => undefined });

/** How long after traffic came the answers that are shown are asked for again: once for all windows in between. */
const refreshMs = 5_000;
const tickMs = 15_000;

/** Only what was asked with a moving end: what stands still does not change. */
function refresh(): void {
  void queryClient.invalidateQueries({ queryKey: ['traffic'], refetchType: 'active' });
}

/** Keeps the page's one event stream, and asks anew for what is shown when traffic came. */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const view = useView();
  const { cluster, filter, span } = view;
  const mayAsk = useMayAsk();
  const live = span.type === 'last' && mayAsk;
  const [stream, setStream] = useState<StreamState | null>(null);
  const [missed, setMissed] = useState(0);
  const [nowUnixMs, setNow] = useState(Date.now);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const scope = JSON.stringify(scopeOf(view));

  useEffect(() => {
    const tick = setInterval(() => setNow(Date.now()), tickMs);
    return () => clearInterval(tick);
  }, []);

  useEffect(() => {
    if (!live) return;
    const end = followWindows(
      { cluster, filter, scope: JSON.parse(scope) as ReturnType<typeof scopeOf> },
      {
        onState: setStream,
        onWindow: ({ skippedWindows, resumeLost, edges }) => {
          if (skippedWindows > 0 || resumeLost) setMissed((before) => before + Math.max(1, skippedWindows));
          if (edges.length === 0 && !resumeLost) return;
          timer.current ??= setTimeout(() => {
            timer.current = null;
            setNow(Date.now());
            refresh();
          }, refreshMs);
        },
      },
    );
    return () => {
      end();
      setStream(null);
    };
  }, [live, cluster, filter, scope]);

  const toggle = () => {
    if (span.type === 'last') {
      const { startUnixMs } = rangeOf(span, Date.now());
      show({ span: { type: 'between', startUnixMs, endUnixMs: Date.now() } });
      return;
    }
    const ms = Math.min(Math.max(span.endUnixMs - span.startUnixMs, 900_000), 30 * 86_400_000);
    show({ span: { type: 'last', ms: Math.round(ms / 60_000) * 60_000 } });
  };
  return <Context value={{ stream: live ? stream : null, nowUnixMs, missed, toggle }}>{children}</Context>;
}

export function useLive(): LiveState {
  return useContext(Context);
}
