import { memo } from 'react';
import type { LineMark } from './marks.ts';
import { yamlParts } from './yaml-parts.ts';

interface YamlViewProps {
  readonly text: string;
  readonly name: string;
  /** By line from 1. */
  readonly marks?: ReadonlyMap<number, LineMark>;
  readonly chosen?: string;
  readonly onChoose?: (id: string) => void;
}

/** The most lines that are shown; the download has all. */
const mostLines = 5_000;

const Parts = memo(function Parts({ line }: { readonly line: string }) {
  let at = 0;
  return yamlParts(line).map(({ type, text }) => {
    at += text.length;
    return (
      <span key={at} className={type === 'plain' ? undefined : `yaml-${type}`}>
        {text}
      </span>
    );
  });
});

/** YAML with line numbers; lines with a mark are buttons. */
export function YamlView({ text, name, marks, chosen = '', onChoose }: YamlViewProps) {
  const lines = text.replace(/\n$/, '').split('\n');
  return (
    // It scrolls, so the keyboard has to get there.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="yaml" role="region" aria-label={name} tabIndex={0}>
      {lines.slice(0, mostLines).map((line, index) => {
        const number = index + 1;
        const mark = marks?.get(number);
        const content = (
          <>
            <span className="yaml-number" aria-hidden="true">
              {number}
            </span>
            <span>
              <Parts line={line} />
            </span>
          </>
        );
        if (mark === undefined || onChoose === undefined) {
          return (
            <div key={number} className="yaml-line">
              {content}
            </div>
          );
        }
        const classes = `yaml-line ${mark.confidence} ${mark.id === chosen ? 'chosen' : ''}`;
        return (
          <button
            key={number}
            type="button"
            className={classes}
            aria-pressed={mark.id === chosen}
            onClick={() => onChoose(mark.id)}
          >
            {content}
          </button>
        );
      })}
      {lines.length > mostLines && <p className="notice">{lines.length - mostLines} more lines are in the download.</p>}
    </div>
  );
}
