/** What channels keep: who is at which address, what came, what goes out, codes that link, and the adapters' own notes. */

export interface AddressRecord {
  tenant: string;
  channel: string;
  /** As the channel's own service names it. */
  address: string;
  /** Who writes from there: somebody known elsewhere when it is linked, else a name that stands for this address alone. */
  person: string;
  linkedMs: number | null;
  /** When it was told whom it talks to. */
  disclosedMs: number | null;
  lastInboundMs: number;
}

export interface InboxRecord {
  /** Counts up in the order of arrival. */
  id: number;
  tenant: string;
  channel: string;
  /** The sender's own id of it: the same one twice is one message. */
  event: string;
  address: string;
  thread: string;
  /** Nobody else reads there. */
  isPrivate: boolean;
  text: string;
  receivedMs: number;
  /** Whose conversation it belongs to; null until that is decided. */
  line: string | null;
  state: 'received' | 'delivered' | 'done';
  session: string | null;
  /** Where its session's log has it. */
  position: number | null;
}

export interface OutboxRecord {
  id: number;
  tenant: string;
  channel: string;
  address: string;
  thread: string;
  text: string;
  state: 'waiting' | 'sent' | 'outside-window' | 'refused';
  attempts: number;
  /** When it was written down. */
  putMs: number;
  nextMs: number;
  why: string | null;
}

export interface CodeRecord {
  id: string;
  tenant: string;
  person: string;
  /** Where it was shown. */
  channel: string;
  expiresMs: number;
  /** Used once; who used it then says yes or no. */
  usedMs: number | null;
  usedChannel: string | null;
  usedAddress: string | null;
  answeredMs: number | null;
}

export interface LineRecord {
  tenant: string;
  agent: string;
  /** `person:<name>`, or `thread:<channel>:<thread>` for what several read. */
  owner: string;
  session: string;
}

type Place = Pick<AddressRecord, 'tenant' | 'channel' | 'address'>;

/** What keys of a channel's values begin with where its adapter keeps notes. */
export const notesOf = ({ tenant, channel }: Pick<Place, 'tenant' | 'channel'>): string => `${tenant}/${channel} `;

export interface ChannelRepository {
  address(place: Place): AddressRecord | null;
  putAddress(record: AddressRecord): void;
  /** Those that are linked to a person. */
  linked(tenant: string, person: string): AddressRecord[];
  /** Null when that event was taken before. */
  receive(record: Omit<InboxRecord, 'id' | 'line' | 'state' | 'session' | 'position'>): InboxRecord | null;
  updateInbox(id: number, patch: Partial<Pick<InboxRecord, 'line' | 'state' | 'session' | 'position'>>): void;
  /** Null when it is done, or forgotten. */
  open(id: number): InboxRecord | null;
  /** Oldest first: what is not done. */
  openInbox(): InboxRecord[];
  nextOf(tenant: string, line: string): InboxRecord | null;
  line(tenant: string, agent: string, owner: string): string | null;
  putLine(record: LineRecord): void;
  send(record: Omit<OutboxRecord, 'id' | 'state' | 'attempts' | 'why'>): OutboxRecord;
  updateOutbox(id: number, patch: Partial<Pick<OutboxRecord, 'state' | 'attempts' | 'nextMs' | 'why'>>): void;
  /** Threads with something to be sent. */
  openThreads(): Pick<OutboxRecord, 'tenant' | 'channel' | 'thread'>[];
  /** The oldest that is to be sent there. */
  nextOut(thread: Pick<OutboxRecord, 'tenant' | 'channel' | 'thread'>): OutboxRecord | null;
  /** What waits to be sent to an address is not sent. */
  refuseWaiting(place: Place, why: string): void;
  code(id: string): CodeRecord | null;
  putCode(record: CodeRecord): void;
  /** The newest code that this address used and did not answer. */
  unanswered(place: Place, sinceMs: number): CodeRecord | null;
  getValue(key: string, nowMs: number): unknown;
  putValue(key: string, value: unknown, expiresMs: number | null): void;
  deleteValue(key: string): void;
  /** What was said to and from a person's addresses, who they are, and what adapters noted of that. */
  forget(tenant: string, person: string): void;
  /** Forgets what was done before that, codes and values that are over; but for messages and codes that a legal hold is on. */
  purge(beforeMs: number, nowMs: number): void;
}
