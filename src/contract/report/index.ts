export { certificatePage } from './certificate-page.ts';
export { shiftPage } from './shift-page.ts';
export { gradeWords, headline, hostWords } from './words.ts';
