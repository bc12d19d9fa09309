/** What a contract could speak of and no field does: what asking it would take, or break. */
export const unprobed: readonly { what: string; why: string }[] = [
  { what: 'exec.timeout.default', why: 'it would take as long as that time limit' },
  { what: 'tools.error', why: 'by exec and files there are no tools; the door holds their errors to the contract' },
  { what: 'filesystem.quota', why: 'a disk would have to be filled that others may share' },
  { what: 'snapshot.kinds', why: 'a target offers copies and pauses, and says no more of them' },
  { what: 'snapshot.sockets', why: 'the other end of a connection would have to outlive the copy' },
  { what: 'snapshot.timers', why: 'when a timer ends after a pause depends on how long the pause was' },
  { what: 'network.redirects', why: 'it would take a server outside that every runtime may reach' },
  { what: 'resources.cpu-usable', why: 'what else runs on the machine decides; the yardsticks time it' },
  { what: 'lifecycle.idle', why: 'it would take as long as a runtime waits' },
  { what: 'lifecycle.crash', why: 'a session that was crashed answers no further probe' },
  { what: 'lifecycle.notice', why: 'only a sandbox that is about to end gets one' },
];
