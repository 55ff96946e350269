import { Component, type ReactNode } from 'react';
import { Failure } from './Empty.tsx';

interface State {
  readonly error: Error | null;
}

/** A fault of one screen is told in its place; the others still work. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override readonly state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    return this.state.error === null ? this.props.children : <Failure error={this.state.error} />;
  }
}
