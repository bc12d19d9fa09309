/** What replays, bisects and tests recordings is loaded for whoever asks for it: no start of a daemon pays for it otherwise. */
import type { Core } from './core.ts';
import type { ReplayVerbs } from './replay-verbs.ts';

export function lateReplayVerbs(core: Core, tenant: string): ReplayVerbs {
  let loaded: Promise<ReplayVerbs> | null = null;
  const verbs = (): Promise<ReplayVerbs> => {
    loaded ??= import('./replay-verbs.ts').then(({ replayVerbs }) => replayVerbs(core, tenant));
    return loaded;
  };
  return {
    replayRecording: async (...given) => (await verbs()).replayRecording(...given),
    serveRecorded: async (...given) => (await verbs()).serveRecorded(...given),
    forkRecording: async (...given) => (await verbs()).forkRecording(...given),
    bisectRecording: async (...given) => (await verbs()).bisectRecording(...given),
    exportTest: async (...given) => (await verbs()).exportTest(...given),
    runTest: async (...given) => (await verbs()).runTest(...given),
  };
}
