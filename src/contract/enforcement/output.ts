/** Cuts the output in an answer as the contract has it: from the head, the tail or the middle, with its marker. */
import type { OutputTerm } from '../document/terms.ts';

export type Cut = (answer: unknown) => unknown;

/** A tool keeps the first and the last half of 64 KiB: within them every strategy finds what it wants. */
export const mostCapBytes = 32_768;

const streams = ['stdout', 'stderr'] as const;
/** What the tools write where they cut: replaced, so that there is one marker. */
const toolsMarker = /\n\[\.\.\. \d+ bytes cut here \.\.\.\]\n/;

export function cutOutput({ capBytes, strategy, marker }: OutputTerm): Cut {
  return (answer) => {
    if (typeof answer !== 'object' || answer === null) return answer;
    let held = answer;
    for (const name of streams) {
      const text: unknown = Reflect.get(answer, name);
      const lost = Number(Reflect.get(answer, `${name}CutBytes`) ?? 0);
      // A character has at most four bytes here, so most output need not be encoded to be known as short.
      if (typeof text !== 'string' || (lost === 0 && text.length * 3 <= capBytes)) continue;
      const cut = cutText({ text, lost, capBytes, strategy, marker });
      if (cut) held = { ...held, [name]: cut.text, [`${name}CutBytes`]: cut.lost };
    }
    return held;
  };
}

interface Request extends OutputTerm {
  text: string;
  /** Bytes that are missing already. */
  lost: number;
}

function cutText({ text, lost, capBytes, strategy, marker }: Request): { text: string; lost: number } | null {
  const [head = '', tail = ''] = lost > 0 ? text.split(toolsMarker) : [text, text];
  const [first, last] = [Buffer.from(head), Buffer.from(tail)];
  const kept = lost > 0 ? first.length + last.length : first.length;
  if (lost === 0 && kept <= capBytes) return null;
  const fromHead = strategy === 'head' ? capBytes : strategy === 'tail' ? 0 : Math.ceil(capBytes / 2);
  const fromTail = capBytes - fromHead;
  const start = wholeText(first.subarray(0, fromHead));
  const end = fromTail === 0 ? '' : wholeText(last.subarray(Math.max(0, last.length - fromTail)));
  const missing = lost + kept - Buffer.byteLength(start) - Buffer.byteLength(end);
  return { text: start + marker.replace('{bytes}', String(missing)) + end, lost: missing };
}

/** Without the pieces of characters that a cut leaves at its edges. */
function wholeText(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  return text.replace(/^\ufffd{1,3}|\ufffd{1,3}$/g, '');
}
