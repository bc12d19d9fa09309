import { HoldfastError } from '../../schema/error-class.ts';
import type { HoldfastService, Preview } from '../../schema/index.ts';
import { type Command, type Context, defineCommand } from '../command.ts';
import { formatTime } from '../output.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'preview',
  summary: 'Makes a port in a sandbox a page that a browser opens by a signed, expiring link.',
  examples: [
    ['holdfast preview box 8080 --expires 2h', 'the link; whoever has it gets in'],
    ['holdfast preview --list box', 'the previews that work'],
    ['holdfast preview --revoke prv-01… box', 'at once; what is open is cut'],
  ],
  arguments: {
    sandbox: { description: "a sandbox's id or name", completes: 'sandbox' },
    port: { description: 'the port inside', optional: true },
  },
  options: {
    expires: { kind: 'duration', value: 'TIME', description: 'such as 90s, 5m, 2h or 1d; 1h if not said, 7d at most' },
    public: { kind: 'flag', description: 'whoever knows its name gets in, without a link' },
    keepHost: { kind: 'flag', description: 'the program sees the preview’s own name, not localhost' },
    list: { kind: 'flag', description: 'the previews there are' },
    revoke: { kind: 'text', value: 'PREVIEW', description: 'take this one back' },
  },
  async run({ args, options, context }) {
    const service = await context.service();
    const modes = [args.port, options.list || undefined, options.revoke].filter((mode) => mode !== undefined);
    if (modes.length !== 1) throw notOne(args.sandbox);
    if (options.list) await list(service, args.sandbox, context);
    else if (options.revoke !== undefined) await revoke(service, args.sandbox, options.revoke, context);
    else {
      const preview = await service.sharePort(args.sandbox, {
        port: portOf(args.port ?? ''),
        visibility: options.public ? 'public' : 'signed',
        keepHost: options.keepHost,
        ...defined('expiresInMs', options.expires),
      });
      await tell(preview, context);
    }
    return 0;
  },
});
export default command;

async function tell(preview: Preview, { output }: Context): Promise<void> {
  if (output.json) return output.document(preview);
  await output.line(preview.url);
  await output.hint(`${preview.id} ends ${formatTime(preview.expiresAt, Date.now())}, at ${preview.expiresAt}`);
  if (preview.visibility === 'signed') await output.hint('whoever has the link gets in until then');
}

async function list(service: HoldfastService, sandbox: string, { output }: Context): Promise<void> {
  const previews = await service.listPreviews(sandbox);
  const nowMs = Date.now();
  if (output.json) return output.document(previews);
  await output.table(previews, [
    { title: 'ID', of: ({ id }) => id },
    { title: 'PORT', of: ({ port }) => String(port) },
    { title: 'VISIBILITY', of: ({ visibility }) => visibility },
    { title: 'ENDS', of: ({ expiresAt }) => formatTime(expiresAt, nowMs) },
    { title: 'URL', of: ({ url }) => url },
  ]);
}

async function revoke(service: HoldfastService, sandbox: string, id: string, { output }: Context): Promise<void> {
  await service.revokePreview(sandbox, id);
  await (output.json ? output.document({ revoked: [id] }) : output.line(id));
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new HoldfastError('invalid-argument', `"${text}" is not a port`, { hint: 'It is a number from 1 to 65535.' });
}

function notOne(sandbox: string): HoldfastError {
  return new HoldfastError('invalid-argument', 'preview needs a port, --list or --revoke, and one of them only', {
    hint: `For example: holdfast preview ${sandbox} 8080`,
  });
}
