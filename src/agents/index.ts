export { type Authority, beginChain, type Chain, extendChain, verifyChain } from './authority/chain.ts';
export { linkOf } from './authority/link.ts';
export { decidePolicy } from './authority/policy.ts';
export { checkPolicies } from './authority/policy-check.ts';
export { refuseTerms } from './authority/terms.ts';
export { ChatReader, type Said } from './chat.ts';
export { ChatPlaces } from './chat-places.ts';
export {
  agent,
  agentsOf,
  builtIn,
  cap,
  channel,
  channelsOf,
  contract,
  flow,
  limits,
  memory,
  person,
  policy,
  sandbox,
  supervisor,
  tool,
} from './constructs/constructs.ts';
export type { AgentConstruct, ChannelConstruct, ToolConstruct } from './constructs/types.ts';
export { isOwnAsk, isOwnEvent, readConversation } from './conversation.ts';
export { type Change, diffBundles, widestFirst } from './diff.ts';
export { type AgentFile, hasChannels, readAgentFile } from './files.ts';
export { checkProgram, type GateTool } from './gate/check.ts';
export type { Finding } from './gate/rules.ts';
export {
  agentOf,
  checkBundle,
  digestOf,
  type Problem,
  parseBundle,
  sandboxCapability,
  withHostTools,
} from './manifest.ts';
export { checkTape, type OpenModel, openModel, type TapeOptions, withTape } from './models/open.ts';
export { recordedQuestion, tapeOfRecording } from './models/recorded.ts';
export { type Accepted, acceptDelegation, loadPeerKeys, peerKeys, peerSeedBytes } from './peers/delegation.ts';
export type { Peer, PeerBook } from './peers/types.ts';
export { type AgentParts, agentProgram, type ModelTold } from './program.ts';
export { rememberedIn } from './remembered.ts';
export { type Played, playScenario, type ToolToPlay } from './scenarios/play.ts';
export { type Scenario, scenario } from './scenarios/scenario.ts';
export {
  type AgentTool,
  type AnyHostTool,
  type CallContext,
  type CallResult,
  type HostToolFacts,
  hostTool,
} from './tools.ts';
export { isKnown } from './via.ts';
