export { type Project, type ProjectSide, parseProject, projectFile, projectSides } from './project.ts';
