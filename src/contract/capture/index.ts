export { type CaptureProgress, type CaptureRequest, captureProfile, forgetPartial } from './capture.ts';
