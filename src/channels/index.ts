export { type ChannelChange, diffChannels } from './diff.ts';
export { ChannelHub, parseChannels } from './hub.ts';
export type { ChannelParts, ChannelPort, ChatUpdate, Conversations, Heard, PersonMessage, WebPerson } from './types.ts';
