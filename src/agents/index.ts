export { type Authority, beginChain, type Chain, extendChain, verifyChain } from './authority/chain.ts';
export { linkOf } from './authority/link.ts';
export { checkPolicies, decidePolicy } from './authority/policy.ts';
export { ChatReader, type Said } from './chat.ts';
export {
  agent,
  agentsOf,
  builtIn,
  cap,
  channel,
  channelsOf,
  limits,
  memory,
  policy,
  sandbox,
  supervisor,
  tool,
} from './constructs/constructs.ts';
export type { AgentConstruct, ChannelConstruct, ToolConstruct } from './constructs/types.ts';
export { isOwnAsk, readConversation } from './conversation.ts';
export { readAgentText } from './files.ts';
export {
  agentOf,
  type Change,
  checkBundle,
  diffBundles,
  digestOf,
  type Problem,
  parseBundle,
  sandboxCapability,
} from './manifest.ts';
export { type OpenModel, openModel } from './models/open.ts';
export { recordingModel, replayModel } from './models/replay.ts';
export { type AgentParts, agentProgram, type ModelTold } from './program.ts';
export {
  type AgentTool,
  type AnyHostTool,
  type CallContext,
  type CallResult,
  type HostToolFacts,
  hostTool,
} from './tools.ts';
export { isKnown } from './via.ts';
