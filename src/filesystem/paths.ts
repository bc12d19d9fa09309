/** Where everything lies below home; docs/design/store-format.md describes it. */
import { join } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { StorePaths } from './types.ts';

export function storePaths(home: string): StorePaths {
  const below = (folder: string, name: string): string => join(home, folder, checked(name));
  const layer = (id: string): string => below('layers', id);
  const sandbox = (id: string): string => below('sandboxes', id);
  return {
    home,
    layers: join(home, 'layers'),
    layer,
    layerTree: (id) => join(layer(id), 'tree'),
    sandboxes: join(home, 'sandboxes'),
    sandbox,
    workspace: (id, upper) => {
      const directory = join(sandbox(id), checked(upper));
      return { directory, upper: join(directory, 'upper'), work: join(directory, 'work') };
    },
    trash: join(home, 'trash'),
    staging: join(home, 'staging'),
    template: (name) => below('templates', name),
  };
}

/** Ids and names become directories: nothing that could be read as a path. */
function checked(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name)) return name;
  throw new HoldfastError(
    'invalid-argument',
    `${JSON.stringify(name)} cannot be the name of a directory in the store`,
    {
      hint: 'Use letters, digits, dots, underscores and hyphens.',
    },
  );
}
