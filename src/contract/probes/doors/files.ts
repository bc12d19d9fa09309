/** The file door. */
import { isRefusal, TargetError } from '../../targets/target.ts';
import { type Reading, templateReading, valueReading } from '../reading.ts';
import { type Door, type DoorProbe, textOf, unmeasuredAll, workPath } from './door.ts';

const everyByte = Uint8Array.from({ length: 1024 }, (_, at) => at % 256);

export const filesProbe: DoorProbe = {
  name: 'files',
  fields: [
    'tools.file.bytes',
    'tools.file.parents',
    'tools.file.mode',
    'tools.file.owner',
    'tools.file.overwrites',
    'tools.file.missing',
    'tools.file.directory',
  ],
  async run(door) {
    if (door.features.files === 'exec')
      return unmeasuredAll(this.fields, 'the target has no file door; commands were used');
    const file = workPath(door, 'file');
    const folder = workPath(door, 'folder');
    const write = (path: string, data: Uint8Array): Promise<void> => door.session.writeFile(path, data, door.signal);
    const read = (path: string): Promise<Uint8Array> => door.session.readFile(path, 65_536, door.signal);
    await write(file, everyByte);
    const same = Buffer.compare(await read(file), everyByte) === 0;
    const about = textOf(
      (await door.exec(`stat -c %a ${file}; [ "$(stat -c %u ${file})" = "$(id -u)" ] && echo own || echo other`))
        .stdout,
    );
    const [mode = '', owner = ''] = about.split('\n');
    const parents = await outcome(() => write(`${folder}/a/b`, everyByte));
    const overwritten = await outcome(async () => {
      await write(file, new TextEncoder().encode('short'));
      return textOf(await read(file)) === 'short';
    });
    const readings = [
      valueReading('tools.file.bytes', same ? 'unchanged' : 'changed'),
      valueReading('tools.file.parents', parents === null ? 'no' : 'yes'),
      valueReading('tools.file.mode', mode || 'unknown'),
      valueReading('tools.file.owner', owner === 'own' ? 'the user of commands' : 'somebody else'),
      valueReading(
        'tools.file.overwrites',
        overwritten === null ? 'refuses' : overwritten ? 'replaces' : 'leaves old content',
      ),
      await said('tools.file.missing', () => read(workPath(door, 'missing'))),
      await said('tools.file.directory', () => read('/tmp')),
    ];
    await cleanUp(door, file, folder);
    return readings;
  },
};

/** Null where the runtime would not. */
async function outcome<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TargetError && isRefusal(error)) return null;
    throw error;
  }
}

async function said(field: string, work: () => Promise<Uint8Array>): Promise<Reading> {
  try {
    const data = await work();
    return templateReading(field, `no error: ${data.length} bytes`);
  } catch (error) {
    if (!(error instanceof TargetError && isRefusal(error))) throw error;
    return templateReading(field, `refused: ${error.message}`);
  }
}

async function cleanUp(door: Door, ...paths: string[]): Promise<void> {
  await door.exec(`rm -rf ${paths.join(' ')}`);
}
