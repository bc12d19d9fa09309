/**
 * What works on this machine, proven by doing it: each substrate is probed, and one sandbox is made, used and removed.
 */
import { type MachineFacts, machineFacts, type Scope } from '../base/index.ts';
import { oldestKernel } from '../compute/index.ts';
import {
  asHoldfastError,
  type Check,
  createSandboxSchema,
  type DoctorReport,
  type SubstrateReport,
} from '../schema/index.ts';
import type { Core } from './core.ts';

const doctorTenant = 'doctor';
const firstProof = 'sandbox';
const littleDiskBytes = 2 * 1024 ** 3;

export async function examine(core: Core, scope: Scope): Promise<DoctorReport> {
  const startedMs = core.clock.monotonicMs();
  const [facts, substrates] = await Promise.all([machineFacts(core.home), core.substrates.probe(scope)]);
  const proofs = await prove(core, substrates, scope);
  return {
    checks: [
      kernelCheck(facts),
      machineCheck(facts),
      diskCheck(core, facts),
      ...proofs,
      ...substrates.filter(({ usable }) => usable).flatMap(capabilityChecks),
    ],
    substrates,
    durationMs: core.clock.monotonicMs() - startedMs,
  };
}

/** The first by itself, as its time is what people look at; the others beside each other. */
async function prove(core: Core, [first, ...others]: SubstrateReport[], scope: Scope): Promise<Check[]> {
  if (!first) return [];
  const one = first.usable ? await proveSandbox(core, first, scope) : untried(first);
  const usable = others.filter((substrate) => substrate.usable);
  return [one, ...(await Promise.all(usable.map((substrate) => proveSandbox(core, substrate, scope))))];
}

async function proveSandbox(core: Core, report: SubstrateReport, scope: Scope): Promise<Check> {
  const { isolation } = report;
  const name = isolation === core.substrates.first.isolation ? firstProof : `${firstProof} ${isolation}`;
  const startedMs = core.clock.monotonicMs();
  try {
    if (!(await isPrepared(core, report, scope))) return notProven(name, report);
    const input = createSandboxSchema.parse({ isolation, lifetimeMs: 60_000 });
    const { id } = await core.controller.create(doctorTenant, input, null, scope);
    const result = await core.controller.inside(doctorTenant, id, scope, (guest) =>
      guest.exec(
        {
          argv: ['/bin/sh', '-c', 'echo proven'],
          cwd: '/',
          environment: {},
          graceMs: 100,
          timeoutMs: 5000,
          retainBytes: 4096,
          outputCapBytes: 4096,
          processId: core.newId('process'),
        },
        scope,
      ),
    );
    await core.controller.destroy(doctorTenant, id, scope);
    core.store.sandboxes.forgetGone(doctorTenant);
    const text = Buffer.from(result.stdout).toString().trim();
    if (text !== 'proven') throw new Error(`the command answered ${JSON.stringify(text)}, exit ${result.exitCode}`);
    const tookMs = core.clock.monotonicMs() - startedMs;
    return {
      name,
      status: 'pass',
      detail: `created, ran a command and removed in ${tookMs.toFixed(1)} ms`,
      fix: null,
    };
  } catch (error) {
    const { code, message, hint } = asHoldfastError(error);
    // What nobody has set up is missing, not broken; only the first way to run sandboxes must be there.
    const isUnset = name !== firstProof && code === 'template-not-found';
    return { name, status: isUnset ? 'warn' : 'fail', detail: message, fix: hint ?? null };
  }
}

/** A proof starts from what earlier sandboxes left, and never waits for a machine to boot. */
async function isPrepared(core: Core, { substrate: name }: SubstrateReport, scope: Scope): Promise<boolean> {
  const substrate = core.substrates.of({ substrate: name, id: doctorTenant });
  if (!substrate.isPrepared) return true;
  const { layers, warm } = await core.files.useTemplate(substrate.defaultTemplate, scope);
  const root = await core.files.root(layers, doctorTenant, '0');
  return await substrate.isPrepared({ root, warm }, scope);
}

function notProven(name: string, { isolation }: SubstrateReport): Check {
  return {
    name,
    status: 'warn',
    detail: 'not proven yet: the first one boots, once, and later ones go on from what it leaves',
    fix: `Start one: holdfast run --isolation ${isolation} -- true`,
  };
}

function untried(substrate: SubstrateReport): Check {
  return { name: 'sandbox', status: 'fail', detail: `not tried: ${substrate.detail}`, fix: substrate.fix };
}

export function kernelCheck({ kernel }: Pick<MachineFacts, 'kernel'>): Check {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  const isNew = major > oldestKernel[0] || (major === oldestKernel[0] && minor >= oldestKernel[1]);
  return isNew
    ? { name: 'kernel', status: 'pass', detail: `Linux ${kernel}`, fix: null }
    : {
        name: 'kernel',
        status: 'fail',
        detail: `Linux ${kernel} is older than ${oldestKernel.join('.')}`,
        fix: 'Boot a newer kernel.',
      };
}

function machineCheck({ cpus, memoryBytes, nodeVersion }: MachineFacts): Check {
  return {
    name: 'machine',
    status: 'pass',
    detail: `${cpus} CPUs, ${(memoryBytes / 1024 ** 3).toFixed(1)} GiB of memory, Node ${nodeVersion}`,
    fix: null,
  };
}

function diskCheck(core: Core, { freeDiskBytes }: MachineFacts): Check {
  const detail = `${(freeDiskBytes / 1024 ** 3).toFixed(1)} GiB free under ${core.home}`;
  if (freeDiskBytes >= littleDiskBytes) return { name: 'disk', status: 'pass', detail, fix: null };
  return { name: 'disk', status: 'warn', detail, fix: 'Free space, run `holdfast prune`, or move HOLDFAST_HOME.' };
}

function capabilityChecks(substrate: SubstrateReport): Check[] {
  return substrate.capabilities
    .filter(({ available }) => !available)
    .map(({ name, reason }) => ({
      name: `${substrate.substrate} ${name}`,
      status: 'warn',
      ...splitReason(reason ?? 'not available here'),
    }));
}

/** A reason says what to do after its colon, or that only root can have it. */
function splitReason(reason: string): Pick<Check, 'detail' | 'fix'> {
  const [, detail, fix] = /^(.+?): ((?:start|run|install|load|enable|mount) .+)$/s.exec(reason) ?? [];
  if (detail !== undefined && fix !== undefined)
    return { detail, fix: `${fix.charAt(0).toUpperCase()}${fix.slice(1)}.` };
  return { detail: reason, fix: reason.startsWith('needs root') ? 'Run the daemon as root where you need it.' : null };
}
