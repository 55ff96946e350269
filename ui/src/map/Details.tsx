import type { ReactNode } from 'react';
import { portText, verdictName } from '../api/entity.ts';
import { agoText, bytesText, countText, plural, timeText } from '../design/format.ts';
import { Verdict } from '../design/Verdict.tsx';
import { show } from '../app/use-view.ts';
import type { MapLink, MapModel, MapNode } from './model.ts';

interface DetailsProps {
  readonly model: MapModel;
  readonly selected: string;
  readonly nowUnixMs: number;
  readonly onSelect: (id: string) => void;
  readonly onOpen: (node: MapNode) => void;
  readonly onFocus: (node: MapNode) => void;
}

function Facts({ facts }: { readonly facts: readonly (readonly [name: string, value: ReactNode])[] }) {
  const given = facts.filter(([, value]) => value !== '' && value !== null);
  return (
    <dl className="facts">
      {given.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function LinkList({
  title,
  links,
  labelOf,
  onSelect,
}: {
  readonly title: string;
  readonly links: readonly MapLink[];
  readonly labelOf: (link: MapLink) => string;
  readonly onSelect: (id: string) => void;
}) {
  if (links.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul>
        {links.map((link) => (
          <li key={link.id}>
            <button type="button" className="link-button" onClick={() => onSelect(link.id)}>
              {labelOf(link)}
            </button>{' '}
            <span className="quiet mono">{link.label}</span>{' '}
            {link.state !== 'forwarded' && <Verdict mark={link.state} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function NodeDetails({ node, model, onSelect, onOpen, onFocus }: DetailsProps & { readonly node: MapNode }) {
  const labels = new Map(
    model.nodes.map(({ id, label, namespace, type }) => [
      id,
      namespace === '' || namespace === node.namespace || type === 'namespace' ? label : `${namespace}/${label}`,
    ]),
  );
  const { source, namespace } = node;
  const table = (direction: 'ingress' | 'egress') => {
    const { workload } = source;
    show(
      workload === null
        ? { screen: direction, namespace: source.label }
        : { screen: direction, namespace, entity: { kind: workload.kind, name: workload.name } },
    );
  };
  const hasTables = node.type === 'workload' || node.type === 'namespace';
  return (
    <div className="stack">
      <h2>{node.label}</h2>
      <div className="inline">
        {node.type === 'namespace' && (
          <button type="button" className="button primary" onClick={() => onOpen(node)}>
            Open
          </button>
        )}
        {node.type === 'workload' && (
          <button type="button" className="button primary" onClick={() => onFocus(node)}>
            Focus
          </button>
        )}
        {hasTables && (
          <>
            <button type="button" className="button" onClick={() => table('ingress')}>
              Ingress
            </button>
            <button type="button" className="button" onClick={() => table('egress')}>
              Egress
            </button>
          </>
        )}
      </div>
      <Facts
        facts={[
          ['What', node.caption],
          ['Namespace', node.type === 'namespace' ? '' : namespace],
          ['Ports', source.ports.map(({ protocol, port }) => portText(protocol, port)).join(', ')],
          ['Services', source.services.map((service) => `${service.namespace}/${service.name}`).join(', ')],
          ['Linked with', plural(source.degree, 'node')],
          ['Hub', node.hub ? 'Yes: lines to it are shown as badges unless it is selected' : ''],
          ['Labels', Object.entries(source.labels).map(([key, value]) => <code key={key}>{`${key}=${value}`} </code>)],
        ]}
      />
      {node.silent && <p className="notice">No traffic was seen in this time.</p>}
      <LinkList
        title="Calls"
        links={model.links.filter((link) => link.source === node.id)}
        labelOf={({ target }) => labels.get(target) ?? target}
        onSelect={onSelect}
      />
      <LinkList
        title="Is called by"
        links={model.links.filter((link) => link.target === node.id)}
        labelOf={(link) => labels.get(link.source) ?? link.source}
        onSelect={onSelect}
      />
    </div>
  );
}

function LinkDetails({ link, model, nowUnixMs, onSelect }: DetailsProps & { readonly link: MapLink }) {
  const end = (id: string) => model.nodes.find((node) => node.id === id);
  const [client, server] = [end(link.source), end(link.target)];
  const { ports, connections, bytes, firstSeenUnixMs, lastSeenUnixMs, forwarded, dropped, refused, unanswered, edges } =
    link.link;
  const canAsk = client?.type === 'workload' && server?.type === 'workload';
  return (
    <div className="stack">
      <h2>
        <button type="button" className="link-button" onClick={() => onSelect(link.source)}>
          {client?.label}
        </button>{' '}
        →{' '}
        <button type="button" className="link-button" onClick={() => onSelect(link.target)}>
          {server?.label}
        </button>
      </h2>
      <Verdict mark={link.state} />
      <Facts
        facts={[
          ['Edges', countText(edges)],
          ['Connections', countText(connections)],
          ['Bytes', bytesText(bytes)],
          ['First seen', timeText(firstSeenUnixMs)],
          ['Last seen', `${timeText(lastSeenUnixMs)} (${agoText(lastSeenUnixMs, nowUnixMs)})`],
          ['Forwarded', countText(forwarded)],
          ['Dropped', dropped === 0 ? '' : countText(dropped)],
          ['Refused', refused === 0 ? '' : countText(refused)],
          ['Unanswered', unanswered === 0 ? '' : countText(unanswered)],
        ]}
      />
      <table className="plain-table">
        <thead>
          <tr>
            <th>Port</th>
            <th>Verdict</th>
            {canAsk && <th>Policy</th>}
          </tr>
        </thead>
        <tbody>
          {ports.map(({ protocol, port, verdict }) => (
            <tr key={`${protocol} ${port}`}>
              <td className="mono">{portText(protocol, port)}</td>
              <td>
                <Verdict mark={verdictName(verdict)} />
              </td>
              {canAsk && (
                <td>
                  <button
                    type="button"
                    className="link-button"
                    onClick={() =>
                      show({
                        screen: 'applied',
                        why: `${link.source}>${link.target}|${protocol.slice(9)}|${port}`,
                        selected: '',
                      })
                    }
                  >
                    Why?
                  </button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What is known of the selected node or link, and its links as a list. */
export function Details(props: DetailsProps) {
  const { model, selected, onSelect } = props;
  const node = model.nodes.find(({ id }) => id === selected);
  const link = model.links.find(({ id }) => id === selected);
  if (node === undefined && link === undefined) return null;
  return (
    <aside className="side" aria-label="Details">
      <div className="inline">
        <span className="grow quiet">{node === undefined ? 'Link' : 'Node'}</span>
        <button type="button" className="button plain" aria-label="Close details" onClick={() => onSelect('')}>
          ✕
        </button>
      </div>
      {node !== undefined && <NodeDetails {...props} node={node} />}
      {link !== undefined && <LinkDetails {...props} link={link} />}
    </aside>
  );
}
