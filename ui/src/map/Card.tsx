import { memo } from 'react';
import type { Point } from './layered.ts';
import { cardHeight, cardWidth } from './layout.ts';
import type { Badge, MapNode } from './model.ts';
import { nameLength, shortened } from './svg-text.ts';

interface CardProps {
  readonly node: MapNode;
  readonly at: Point;
  readonly selected: boolean;
  /** Whether the map is of what is around it. */
  readonly focused: boolean;
  readonly reachable: boolean;
  readonly onSelect: (id: string) => void;
  readonly onOpen: (node: MapNode) => void;
}

const shownBadges = 2;
const badgeLength = 9;

function badgeText({ label, outgoing }: Badge): string {
  return `${outgoing ? '→' : '←'} ${shortened(label, badgeLength)}`;
}

function Badges({ badges }: { readonly badges: readonly Badge[] }) {
  const more = badges.length - shownBadges;
  const texts = badges.slice(0, shownBadges).map(badgeText);
  if (more > 0) texts.push(`+${more}`);
  let right = cardWidth - 4;
  return texts.toReversed().map((text) => {
    const width = text.length * 5.6 + 10;
    right -= width + 4;
    return (
      <g key={text} className="badge" transform={`translate(${right + 4} ${cardHeight - 6})`}>
        <rect width={width} height={15} rx={7} />
        <text x={width / 2} y={11} textAnchor="middle">
          {text}
        </text>
      </g>
    );
  });
}

function sayingOf({ label, caption, namespace, silent, badges, type }: MapNode): string {
  const place = namespace === '' || type === 'namespace' ? '' : ` in ${namespace}`;
  const hubs = badges.length === 0 ? '' : `, with ${badges.map(({ label: hub }) => hub).join(', ')}`;
  return `${label}${place}, ${caption}${silent ? ', no traffic seen' : ''}${hubs}`;
}

/** A node of the map. */
export const Card = memo(function Card({ node, at, selected, focused, reachable, onSelect, onOpen }: CardProps) {
  const { id, type, label, caption, silent, hub, badges } = node;
  const classes = ['card', type, silent && 'silent', selected && 'selected', focused && 'focused'].filter(Boolean);
  return (
    <g
      className={classes.join(' ')}
      transform={`translate(${at.x} ${at.y})`}
      data-id={id}
      onClick={() => onSelect(id)}
      onDoubleClick={() => onOpen(node)}
    >
      {label.length > nameLength && <title>{label}</title>}
      <rect
        className="face"
        width={cardWidth}
        height={cardHeight}
        rx={6}
        role="button"
        tabIndex={reachable ? 0 : -1}
        data-id={id}
        aria-label={sayingOf(node)}
        aria-pressed={selected}
      />
      {/* What the button's label says, to be seen. */}
      <g className="print" aria-hidden="true">
        <rect className="edge" x={0} y={7} width={3} height={cardHeight - 14} />
        <text className="name" x={14} y={20}>
          {shortened(label, nameLength)}
        </text>
        <text className="caption" x={14} y={36}>
          {silent ? `${caption}, silent` : caption}
          {hub ? ', hub' : ''}
        </text>
        {type === 'namespace' && (
          <text className="caption" x={cardWidth - 12} y={20} textAnchor="end">
            ⊞
          </text>
        )}
        <Badges badges={badges} />
      </g>
    </g>
  );
});
