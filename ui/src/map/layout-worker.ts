import { layout, type LayoutRequest } from './layout.ts';

interface Job {
  readonly job: number;
  readonly request: LayoutRequest;
}

/** Places cards away from the thread that draws. */
addEventListener('message', ({ data }: MessageEvent<Job>) => {
  postMessage({ job: data.job, at: [...layout(data.request)] });
});
