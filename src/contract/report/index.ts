export { certificatePage } from './certificate-page.ts';
export { diffPage } from './diff-page.ts';
export { gatePage } from './gate-page.ts';
export { profilePage } from './profile-page.ts';
export { shiftPage } from './shift-page.ts';
export { comparedWords, gradeWords, headline, hostWords, plainName, scoreWords } from './words.ts';
