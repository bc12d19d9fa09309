/** The client's remaining verbs: the daemon itself, tools, templates, events and the journal. */

import { HoldfastError } from '../schema/error-class.ts';
import type { CallOptions, HoldfastEvent, HoldfastService, Template } from '../schema/index.ts';
import { mediaTypes } from '../schema/wire.ts';
import type { Caller, Query } from './call.ts';
import { sandboxPath } from './sandboxes.ts';
import { readEvents } from './sse.ts';

type MachineVerbs = Pick<
  HoldfastService,
  | 'version'
  | 'doctor'
  | 'listTools'
  | 'callTool'
  | 'listTemplates'
  | 'buildTemplate'
  | 'deleteTemplate'
  | 'events'
  | 'journal'
  | 'prune'
>;

export const machineVerbs = (caller: Caller): MachineVerbs => ({
  version: (options) => caller.json('GET', '/version', { options }),
  doctor: (options) => caller.json('GET', '/doctor', { options }),
  listTools: (options) => caller.json('GET', '/tools', { options }),
  callTool: (ref, call, options) => caller.json('POST', `${sandboxPath(ref)}/tools`, { json: call, options }),
  listTemplates: (options) => caller.json('GET', '/templates', { options }),
  async buildTemplate(input, onProgress, options) {
    const init = { json: input, accept: mediaTypes.events, options };
    const { content } = await caller.stream('POST', '/templates', init);
    for await (const { type, data } of readEvents(content)) {
      // Under these names the server writes lines and, last, the template.
      if (type === 'progress') onProgress?.((data as { line: string }).line);
      else if (type === 'template') return data as Template;
    }
    throw new HoldfastError('daemon-unreachable', 'the build ended without its template');
  },
  deleteTemplate: (name, options) => caller.nothing('DELETE', `/templates/${encodeURIComponent(name)}`, { options }),
  events: ({ sandbox, types, since } = {}, options) => follow(caller, { sandbox, type: types, since }, options),
  journal: (query = {}, options) => caller.json('GET', '/journal', { query: { ...query }, options }),
  prune: (input = {}, options) => caller.json('POST', '/prune', { json: input, options }),
});

async function* follow(
  caller: Caller,
  query: Query,
  options: CallOptions | undefined,
): AsyncGenerator<HoldfastEvent, void, undefined> {
  const { content } = await caller.stream('GET', '/events', { query, accept: mediaTypes.events, options });
  // The stream's events are `HoldfastEvent`s, named by their own type.
  for await (const { data } of readEvents(content)) yield data as HoldfastEvent;
}
