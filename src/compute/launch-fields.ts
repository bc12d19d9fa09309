/** What several substrates tell the launcher, and hear from it, in the same words. */
import { bootId } from '../base/index.ts';
import { type Fields, type FieldWriter, launcherTags, tags } from '../guest/index.ts';
import type { LaunchRequest, RootView, SandboxIdentity } from './types.ts';

/** Of the users inside. */
export const insideIds = { agent: 1000, root: 0 } as const;

export function rootFields(fields: FieldWriter, root: RootView): void {
  fields.texts(launcherTags.lower, root.lower).text(launcherTags.upper, root.upper).text(launcherTags.work, root.work);
  for (const { source, target } of root.binds) {
    fields.nested(launcherTags.bind, (bind) => bind.text(tags.path, source).text(tags.target, target));
  }
}

export function identityFields(fields: FieldWriter, identity: SandboxIdentity): void {
  fields
    .text(launcherTags.sandbox, identity.sandbox)
    .int(tags.pid, identity.pid)
    .int(launcherTags.startTicks, identity.startTicks);
  if (identity.cgroup !== '') fields.text(launcherTags.cgroup, identity.cgroup);
  fields.texts(launcherTags.limitGroup, identity.limitGroups);
}

/** Who a LAUNCH's answer says was started. */
export function launchedIdentity(answer: Fields, request: LaunchRequest): SandboxIdentity {
  return {
    sandbox: request.sandbox,
    pid: answer.int(tags.pid),
    startTicks: answer.int(launcherTags.startTicks),
    bootId: bootId(),
    socketPath: request.socketPath,
    cgroup: answer.optionalText(launcherTags.cgroup) ?? '',
    limitGroups: answer.texts(launcherTags.limitGroup),
    agentIncarnation: request.incarnation,
  };
}
