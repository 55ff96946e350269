import { fieldsOf } from '../design/form.ts';
import { timeText } from '../design/format.ts';
import { Popover } from '../design/Popover.tsx';
import { useLive } from './Live.tsx';
import { lastSpans, parseSpan, type Span, spanText } from './span.ts';
import { show } from './use-view.ts';

const names: Readonly<Record<string, string>> = { all: 'All that is kept' };

function label(span: Span): string {
  if (span.type === 'between') return 'A fixed time';
  const text = spanText(span);
  return names[text] ?? `Last ${text}`;
}

/** As an input of type datetime-local has it. */
function localText(unixMs: number): string {
  return timeText(unixMs).replace(' ', 'T').slice(0, 16);
}

/** Chooses the time that is looked at: so much until now, or from one moment to another. */
export function SpanPicker({ span }: { readonly span: Span }) {
  const between = (text: (name: string) => string) => {
    const [start, end] = [Date.parse(text('from')), Date.parse(text('until'))];
    if (start < end) show({ span: { type: 'between', startUnixMs: start, endUnixMs: end } });
  };
  const { nowUnixMs: now } = useLive();
  return (
    <Popover label={label(span)} name={`Time: ${label(span)}`}>
      {(close) => (
        <div className="stack">
          <div className="menu">
            {lastSpans.map((text) => (
              <button
                key={text}
                type="button"
                className="button"
                aria-pressed={spanText(span) === text}
                onClick={() => {
                  show({ span: parseSpan(text) ?? span });
                  close();
                }}
              >
                {names[text] ?? `Last ${text}`}
              </button>
            ))}
          </div>
          <form
            className="stack"
            onSubmit={(event) => {
              event.preventDefault();
              between(fieldsOf(event.currentTarget));
              close();
            }}
          >
            <label className="label">
              From
              <input
                className="field"
                type="datetime-local"
                name="from"
                required
                defaultValue={localText(span.type === 'between' ? span.startUnixMs : now - (span.ms || 3_600_000))}
              />
            </label>
            <label className="label">
              Until
              <input
                className="field"
                type="datetime-local"
                name="until"
                required
                defaultValue={localText(span.type === 'between' ? span.endUnixMs : now)}
              />
            </label>
            <button className="button" type="submit">
              Look at this time
            </button>
          </form>
        </div>
      )}
    </Popover>
  );
}
