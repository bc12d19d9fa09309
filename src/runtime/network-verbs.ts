/** Verbs of what sandboxes may reach, secrets they may use, and tapes; network/boundary.ts enforces them. */
import {
  HoldfastError,
  type HoldfastService,
  type NetworkFlow,
  networkQuestionSchema,
  networkSchema,
  parseInput,
  secretNameSchema,
} from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import { refuseAsked } from './contract-check.ts';
import { type Core, defaultTenant, openScope, streamOf, withScope } from './core.ts';
import { sandboxView } from './views.ts';

type NetworkVerbs = Pick<
  HoldfastService,
  | 'setNetwork'
  | 'explainNetwork'
  | 'networkFlows'
  | 'putSecret'
  | 'listSecrets'
  | 'deleteSecret'
  | 'rotateSecretKey'
  | 'listTapes'
  | 'exportTape'
  | 'deleteTape'
>;

export function networkVerbs(core: Core, tenant: string): NetworkVerbs {
  const { controller, network } = core;
  return {
    setNetwork: (ref, input, options) =>
      withScope(core, 'set network', options, async (scope) => {
        const wanted = parseInput(networkSchema, input, 'network');
        await refuseAsked(core, controller.find(tenant, ref).contract, { limits: {}, network: wanted });
        const prepared = await network.prepare(tenant, wanted, scope);
        const enforce = (record: SandboxRecord): Promise<void> =>
          network.change(placeOf(core, record), prepared, scope);
        return sandboxView(await controller.setNetwork(tenant, ref, { network: wanted, enforce }, scope));
      }),
    explainNetwork: async (ref, input) => {
      const question = parseInput(networkQuestionSchema, input, 'question');
      const record = controller.find(tenant, ref);
      return network.explain(record.id, record.network, question);
    },
    networkFlows: (ref, query = {}, options) =>
      streamOf(() => {
        const { id } = controller.find(tenant, ref);
        const scope = openScope(core, 'network flows', options, null);
        return flowsOf(core, { tenant, sandbox: id, ...query }, scope.signal);
      }),
    putSecret: async (name, value) => {
      const info = await network.putSecret(tenant, parseInput(secretNameSchema, name, 'name'), value);
      await core.recordings.learn(tenant);
      return info;
    },
    listSecrets: async () => network.listSecrets(tenant),
    deleteSecret: async (name) => network.deleteSecret(tenant, name),
    rotateSecretKey: (options) =>
      withScope(core, 'rotate secret key', options, async () => {
        if (tenant === defaultTenant) return network.rotateSecretKey();
        throw new HoldfastError('forbidden', `tenant ${tenant} may not change the key that secrets are sealed by`, {
          hint: 'It seals those of all tenants: the owner of this daemon changes it.',
        });
      }),
    listTapes: async () => network.listTapes(tenant),
    exportTape: async (id) => network.exportTape(tenant, id),
    deleteTape: (id, options) =>
      withScope(core, 'delete tape', options, () => network.deleteTape(tenant, id, (tape) => refuseUsed(core, tape))),
  };
}

const mostNamed = 10;

/** @throws HoldfastError `in-use` */
function refuseUsed({ store }: Core, tape: string): void {
  const players = store.sandboxes.living().flatMap((record) => (plays(record, tape) ? [record.id] : []));
  if (players.length > 0) {
    const [first, ...others] = players.slice(0, mostNamed);
    throw new HoldfastError('in-use', `the tape ${tape} is played by ${[first, ...others].join(', ')}`, {
      hint: `Give each another policy first (holdfast net set ${first} ...), or let it go (holdfast rm ${first}).`,
      details: { sandboxes: players },
    });
  }
  const keeper = store.recordings.keeperOfTape(tape);
  if (keeper === null) return;
  throw new HoldfastError('in-use', `the recording ${keeper} needs tape ${tape}`, {
    hint: `Delete the recording first: holdfast rm ${keeper}`,
    details: { recording: keeper },
  });
}

/** Also one that sleeps: it would find no tape when it wakes. */
function plays({ network }: SandboxRecord, tape: string): boolean {
  return network !== 'none' && network.tape?.mode === 'replay' && network.tape.tape === tape;
}

/** Where a living sandbox's network is set up: its agent, and a way to write into it. */
export function placeOf(core: Core, record: SandboxRecord): Parameters<Core['network']['enter']>[0] {
  const { id, tenant, identity, network, state, template, snapshot } = record;
  return {
    sandbox: id,
    tenant,
    network,
    agent:
      state === 'ready' && identity
        ? { socketPath: identity.socketPath, incarnation: identity.agentIncarnation }
        : null,
    write: (path, content, scope) =>
      core.controller.inside(tenant, id, scope, async ({ files }) => {
        // Over a link that may be there: writing would follow it.
        await files.write(`${path}.new`, content, { mode: 0o644 }, scope);
        await files.move(`${path}.new`, path, { replace: true }, scope);
      }),
    read: async (path, maxBytes, scope) => {
      // Made of this machine's files.
      if (template === hostTemplate && snapshot === null) return null;
      return core.controller
        .inside(tenant, id, scope, ({ files }) => files.readAll(path, { maxBytes }, scope))
        .catch(() => null);
    },
  };
}
const hostTemplate = 'host';

interface FlowQuery {
  tenant: string;
  sandbox: string;
  since?: string;
  follow?: boolean;
  denied?: boolean;
}

async function* flowsOf(
  core: Core,
  query: FlowQuery,
  signal: AbortSignal,
): AsyncGenerator<NetworkFlow, void, undefined> {
  const { tenant, sandbox, since, follow = false, denied = false } = query;
  const log = core.store.flows;
  // From here on nothing is missed: what comes while the kept ones are read waits in the subscription.
  const coming = follow ? core.flows.subscribe({ tenant, sandbox }, signal) : null;
  const start = since === undefined ? 0 : log.position(since);
  if (start === null) {
    throw new HoldfastError('events-lost', `the flow ${since} is not kept any more`, {
      hint: 'Leave `since` out to see all that is kept.',
    });
  }
  const end = log.bounds().newest;
  for (let at = start; at < end && !signal.aborted; ) {
    const page = log.after(at, 256).filter(({ position }) => position <= end);
    if (page.length === 0) break;
    for (const { position, event } of page) {
      at = position;
      if (event.tenant === tenant && event.sandbox === sandbox) yield* shown(event, denied);
    }
  }
  for await (const event of coming ?? []) yield* shown(event, denied);
}

/** The data of a `network-flow` event is the flow. */
function* shown(event: { id: string; data: Record<string, unknown> }, denied: boolean): Generator<NetworkFlow> {
  const flow = { ...event.data, id: event.id } as unknown as NetworkFlow;
  // What is missing after it may have been denied.
  if (!denied || !flow.decision.allowed || flow.missing) yield flow;
}

const firstPauseMs = 1000;
const longestPauseMs = 60_000;

/** Not waited for: until a sandbox's network is set up again it has none. */
export function adoptNetworks(core: Core): void {
  const living = core.store.sandboxes.living().filter(({ network, state }) => network !== 'none' && state === 'ready');
  for (const { id } of living) {
    adoptNetwork(core, id).catch((error: unknown) =>
      core.log.error({ error, sandbox: id }, 'network not set up again'),
    );
  }
}

/** Tried again for as long as the sandbox is there and awake: what sets it up when it wakes is another. */
async function adoptNetwork(core: Core, sandbox: string): Promise<void> {
  const { scope, clock } = core;
  for (let pauseMs = firstPauseMs; !scope.signal.aborted; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const record = core.store.sandboxes.get(sandbox);
    if (!record || record.state === 'gone') return core.network.leave(sandbox, true);
    if (record.state !== 'ready') return core.network.forgetFailure(sandbox);
    const isDone = await core.network.adopt(placeOf(core, record), scope).then(
      () => true,
      () => false,
    );
    if (isDone) return;
    await clock.sleep(pauseMs, scope.signal).catch(() => undefined);
  }
}
