import type { FieldSpec } from './field.ts';

const section = 'environment';

export const environmentFields: readonly FieldSpec[] = [
  {
    id: 'environment.names',
    section,
    comparison: 'set',
    name: 'names of the variables a command sees',
    consequence: 'a command that reads a missing variable takes its default, or fails',
  },
];
