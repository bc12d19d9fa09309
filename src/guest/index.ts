/** The guest protocol from the host's side. `GuestClient` for a sandbox; channel, frames and fields for the launcher. */
export { type CallOptions, type ChannelOptions, GuestChannel } from './channel.ts';
export { ChannelRequest, type Exchange } from './channel-request.ts';
export { errnoError, type Subject } from './errno.ts';
export { Fields, FieldWriter } from './fields.ts';
export { encodeFrame, FrameDecoder, protocolError } from './frames.ts';
export { GuestClient } from './guest-client.ts';
export { HeadTail } from './head-tail.ts';
export { signalName, signalNumber } from './signals.ts';
export type * from './types.ts';
export { messageTypes, tags } from './wire.ts';
