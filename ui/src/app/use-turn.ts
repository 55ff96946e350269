import { useIsFetching } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

const afterMs = 30;

/** Whether what the screen itself asks about traffic is answered: what stands beside it lets that go first. */
export function useTurn(ownMethod: string): boolean {
  const [started, setStarted] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setStarted(true), afterMs);
    return () => clearTimeout(timer);
  }, []);
  const others = useIsFetching({ queryKey: ['traffic'], predicate: ({ queryKey }) => queryKey[2] !== ownMethod });
  return started && others === 0;
}
