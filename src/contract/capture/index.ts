export { type CaptureProgress, type CaptureRequest, captureProfile, forgetPartial } from './capture.ts';
export { hostLoad, proberOf } from './prober.ts';
