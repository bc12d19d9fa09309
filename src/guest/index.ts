/** The guest protocol from the host's side. `GuestClient` for a sandbox; frames and fields also for the launcher. */
export { GuestChannel } from './channel.ts';
export { connectGuest } from './connect.ts';
export { errnoError } from './errno.ts';
export { Fields, FieldWriter } from './fields.ts';
export { encodeFrame, FrameDecoder } from './frames.ts';
export { GuestClient } from './guest-client.ts';
export { HeadTail } from './head-tail.ts';
export { type LauncherType, launcherTags, launcherTypes } from './launcher-wire.ts';
export type * from './types.ts';
export { messageTypes, tags } from './wire.ts';
