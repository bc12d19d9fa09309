export { type Project, parseProject, projectFile } from './project.ts';
