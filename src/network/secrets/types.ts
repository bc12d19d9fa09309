/** One that is not kept any more: what stands for it may still stand inside. */
export type ForgottenSecret = Pick<BrokerSecret, 'name' | 'placeholder'>;

/** What the daemon gives to the gateway for one sandbox. */
export interface BrokerSecret {
  name: string;
  /** `hfs_` and 26 characters; stands inside for the value. */
  placeholder: string;
  value: Uint8Array;
}
