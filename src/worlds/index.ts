export { type Asked, askedBy, playOf } from './asked.ts';
export { checkClock, checkTape, enterWorld, heldBy } from './enter.ts';
export { freezeWorld } from './freeze.ts';
export { type Graded, gradeWorld } from './grade.ts';
export {
  type Fixture,
  formatWorld,
  type Grade,
  grades,
  isBelow,
  parseWorld,
  type World,
  withGrade,
  worldDigest,
} from './manifest.ts';
export { support } from './support.ts';
export { parseTraining, type Training } from './training.ts';
