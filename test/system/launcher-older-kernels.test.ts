/** Before Linux 6.5 a root is mounted over the launcher's home for a moment. Whoever looks below it meanwhile finds its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { message } from './launcher-frames.ts';
import { own, Rig, type Sandbox } from './launcher-rig.ts';
import { onOlderKernels } from './launcher-variants.ts';

const firstMappedId = 1_879_048_192;
const [sandboxes, rounds] = [8, 6];

describe.each(onOlderKernels)('$name', ({ options, possible }) => {
  it.runIf(possible)('sandboxes that get new roots at the same time get each their own', async () => {
    const rig = await new Rig(options).start();
    try {
      const boxes = await Promise.all(Array.from({ length: sandboxes }, () => rig.launch()));
      const layers = boxes.map(({ name }) => layerOf(rig, name, options.uid ?? firstMappedId));
      for (let round = 0; round < rounds; round++) {
        const swap = (box: Sandbox, at: number): Promise<unknown> =>
          rig.channel.ask(message.swap, [
            ...box.identity(),
            ...box.view([layers[at] ?? '', rig.template], join(box.directory, `upper-${round}`)),
          ]);
        const [fresh] = await Promise.all([rig.launch(), ...boxes.map(swap)]);
        const said = await Promise.all(boxes.map((box) => box.shell('cat /mine; ls /usr/bin/env')));
        expect(said.map(({ out }) => out)).toEqual(boxes.map(({ name }) => `${name}\n/usr/bin/env\n`));
        expect((await fresh.shell('cat /mine 2>/dev/null; cat /etc/hostname')).out).toBe('testbox\n');
        await rig.kill(fresh);
      }
    } finally {
      await rig.close();
    }
  });
});

/** A layer that says whose it is. */
function layerOf(rig: Rig, name: string, owner: number): string {
  const layer = join(rig.home, 'layers', name);
  mkdirSync(layer, { mode: 0o755 });
  writeFileSync(join(layer, 'mine'), `${name}\n`);
  own(layer, owner);
  return layer;
}
