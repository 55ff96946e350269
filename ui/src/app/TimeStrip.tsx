import { useCall } from '../api/use-call.ts';
import { timeText } from '../design/format.ts';
import { Histogram } from './Histogram.tsx';
import { useLive } from './Live.tsx';
import { SpanPicker } from './SpanPicker.tsx';
import { useTurn } from './use-turn.ts';
import { useQuestion } from './use-scope.ts';
import { useView } from './use-view.ts';

const buckets = 120;

const streamTexts = { open: 'Live', connecting: 'Connecting', lost: 'Reconnecting', refused: 'Not permitted' } as const;

/** The time that is looked at, the traffic in it, and whether it moves on. */
export function TimeStrip() {
  const { span } = useView();
  const { stream, toggle, missed } = useLive();
  const question = useQuestion();
  const { data } = useCall(
    'query',
    'getTimeline',
    { ...question, buckets },
    { traffic: true, enabled: useTurn('getTimeline') },
  );
  const shown = data?.buckets ?? [];
  const live = span.type === 'last';
  const text = stream === null ? 'Paused' : streamTexts[stream.type];
  return (
    <div className="times">
      <SpanPicker span={span} />
      <button
        type="button"
        className="button"
        onClick={toggle}
        title={stream !== null && 'reason' in stream ? stream.reason : undefined}
      >
        <span className={`live-dot ${stream?.type ?? ''}`} aria-hidden="true" />
        <span role="status">{text}</span>
        <span className="quiet">{live ? 'pause' : 'go live'}</span>
      </button>
      <Histogram buckets={shown} />
      <div className="times-text wide-only">
        {shown.length > 0 && (
          <>
            <div>{timeText(shown[0]?.startUnixMs ?? 0)}</div>
            <div>{timeText(shown.at(-1)?.endUnixMs ?? 0)}</div>
          </>
        )}
        {missed > 0 && (
          <div className="is-refused">{missed} windows came too fast; what is shown is asked for anew</div>
        )}
      </div>
    </div>
  );
}
