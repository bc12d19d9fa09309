/** Which substrates a runtime has, and who does the work on its files that wants their powers. */
import { existsSync, join, type Log } from '../base/index.ts';
import { NamespaceSubstrate, type Substrate, Substrates } from '../compute/index.ts';
import { type FileStoreOptions, helperTreeOperations } from '../filesystem/index.ts';
import { HoldfastError } from '../schema/index.ts';
import { launcherTreeOperations } from './tree-operations.ts';

export interface SubstrateOptions {
  /** How sandboxes are launched: our fork server, or bubblewrap. */
  launcher?: 'fork' | 'bwrap';
  /** The guest binary; the checkout's own build when absent. */
  guestBinary?: string;
  /** Another way to run sandboxes, e.g. the fake one in unit tests. */
  substrate?: Substrate;
  /** Virtual machines: what they boot, and whether emulation will do. */
  machines?: { requireKvm?: boolean; kits?: readonly string[]; driver?: 'qemu' | 'firecracker' };
}

/** Files in layers belong to the ids that sandboxes of a root daemon map to (guest/LAUNCHER.md). */
const mappedOwner = { idBase: 1_879_048_192 } as const;

export function openSubstrates(
  options: SubstrateOptions,
  { home, isRoot, log }: { home: string; isRoot: boolean; log: Log },
): { substrates: Substrates; guestBinary: string } & Pick<FileStoreOptions, 'trees' | 'owner'> {
  const mode = isRoot ? 'root' : 'user';
  const binary = options.guestBinary ?? builtGuest();
  const kind = options.launcher ?? 'fork';
  const helper = { binary, home, xattrPrefix: isRoot ? 'trusted' : 'user' } as const;
  const owner = isRoot ? mappedOwner : 'self';
  if (options.substrate) {
    return {
      substrates: new Substrates([options.substrate]),
      guestBinary: binary,
      trees: helperTreeOperations(helper),
      owner,
    };
  }
  const namespace = new NamespaceSubstrate({ binary, home, mode, kind, keepApart: join(home, 'sandboxes'), log });
  const others = async (): Promise<Substrate[]> => {
    const { GvisorSubstrate, machineSubstrates } = await import('../compute/late.ts');
    const machines = machineSubstrates({ binary, home, mode, launcher: kind, log, ...options.machines }, namespace);
    return [new GvisorSubstrate({ host: namespace, home, mode, kind }), ...machines];
  };
  return {
    substrates: new Substrates([namespace], others),
    guestBinary: binary,
    trees: launcherTreeOperations(namespace, helper),
    owner,
  };
}

function builtGuest(): string {
  const path = join(import.meta.dirname, '../../guest/build/holdfast-guest');
  if (existsSync(path)) return path;
  throw new HoldfastError('capability-missing', `the guest binary ${path} is not built`, {
    hint: 'Run ./holdfast doctor, which builds it, or node scripts/build-guest.ts.',
  });
}
