export * from './field.ts';
export * from './registry.ts';
export * from './sections.ts';
export * from './unprobed.ts';
