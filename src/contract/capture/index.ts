export { type CaptureProgress, type CaptureRequest, captureProfile, forgetPartial, NothingSeen } from './capture.ts';
export { hostLoad, proberOf } from './prober.ts';
