/** Content codings that can be undone and made: gzip, deflate, br and zstd, one upon the other. */
import type { Transform } from 'node:stream';
import {
  brotliDecompressSync,
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createDeflate,
  createGunzip,
  createGzip,
  createInflate,
  createInflateRaw,
  createZstdCompress,
  createZstdDecompress,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib';
import type { RawHeaders } from '../types.ts';
import { headerTokens } from './headers.ts';

interface Coding {
  decoder(options: DecoderOptions): Transform;
  encoder(): Transform;
  /** How far a decoder may have to look back, and so what it keeps of what it has put out. */
  windowBytes: number;
  /** What it begins with, where that is always the same. */
  magic: readonly number[];
  /** @throws what Node throws where it is damaged, or longer */
  decoded(data: Buffer, options: { maxOutputLength: number }): Buffer;
}

interface DecoderOptions {
  /** Null: not known. */
  firstByte: number | null;
  /** An early end is the end. */
  isPartial: boolean;
}

/** 8 MiB, the most that a `zstd` coding may ask for (RFC 9659): else a few kilobytes take 128 MiB of memory. */
const zstdWindowLog = 23;
const zstdParams = { params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLog } };
/** Brotli's usual quality takes a hundred times as long. */
const brotliParams = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

const smallWindowBytes = 64 * 1024;

const gzip: Coding = {
  decoder: ({ isPartial }) => createGunzip(isPartial ? { finishFlush: constants.Z_SYNC_FLUSH } : {}),
  encoder: () => createGzip(),
  windowBytes: smallWindowBytes,
  magic: [0x1f, 0x8b],
  decoded: gunzipSync,
};

const codings: Readonly<Record<string, Coding>> = {
  gzip,
  'x-gzip': gzip,
  br: {
    decoder: ({ isPartial }) =>
      createBrotliDecompress(isPartial ? { finishFlush: constants.BROTLI_OPERATION_FLUSH } : {}),
    encoder: () => createBrotliCompress(brotliParams),
    windowBytes: 16 * 1024 * 1024,
    magic: [],
    decoded: brotliDecompressSync,
  },
  zstd: {
    // Of a block that is cut nothing comes out: a part cannot be read as far as it goes.
    decoder: () => createZstdDecompress(zstdParams),
    encoder: () => createZstdCompress(),
    windowBytes: 2 ** zstdWindowLog,
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    decoded: (data, options) => zstdDecompressSync(data, { ...zstdParams, ...options }),
  },
  deflate: {
    decoder: ({ firstByte, isPartial }) => {
      const options = isPartial ? { finishFlush: constants.Z_SYNC_FLUSH } : {};
      return firstByte === null || isZlib(firstByte) ? createInflate(options) : createInflateRaw(options);
    },
    encoder: () => createDeflate(),
    windowBytes: smallWindowBytes,
    magic: [],
    decoded: (data, options) => (isZlib(data[0] ?? 0) ? inflateSync : inflateRawSync)(data, options),
  },
};
/** More than one is rare, more than this an attack on whoever undoes them. */
export const mostCodings = 3;

/** The first byte decides: the standard says zlib, and some servers send the bare stream. */
const isZlib = (firstByte: number): boolean => (firstByte & 0x0f) === 8;

/** As they were applied, first to last, whether they can be undone or not. */
export function codingsIn(headers: RawHeaders): string[] {
  return headerTokens(headers, 'content-encoding').filter((coding) => coding !== 'identity' && coding !== '');
}

export function isReadable(coding: string): boolean {
  return coding === 'identity' || Object.hasOwn(codings, coding);
}

export const windowBytesOf = (coding: string): number => codingOf(coding).windowBytes;

/** False where what is said to be coded so certainly is not. */
export function beginsCoded(applied: readonly string[], beginning: Uint8Array): boolean {
  const { magic } = codingOf(applied.at(-1) ?? '');
  return magic.every((byte, at) => at >= beginning.length || beginning[at] === byte);
}

/**
 * What undoes them, in the order in which bytes pass.
 * @param firstByte of the coded bytes
 * @param isPartial what comes may end too early; otherwise that is an error
 */
export function decodersOf(applied: readonly string[], firstByte: number, isPartial = false): Transform[] {
  return [...applied]
    .reverse()
    .map((coding, index) => codingOf(coding).decoder({ firstByte: index === 0 ? firstByte : null, isPartial }));
}

/** What applies them again. */
export function encodersOf(applied: readonly string[]): Transform[] {
  return applied.map((coding) => codingOf(coding).encoder());
}

/** Null where it is damaged, longer than `mostBytes`, or in a coding that cannot be undone. */
export function decodedWhole(data: Buffer, applied: readonly string[], mostBytes: number): Buffer | null {
  if (applied.length > mostCodings || !applied.every(isReadable)) return null;
  try {
    return applied.reduceRight(
      (coded, coding) => codingOf(coding).decoded(coded, { maxOutputLength: mostBytes }),
      data,
    );
  } catch {
    return null;
  }
}

function codingOf(coding: string): Coding {
  return codings[coding] ?? gzip;
}
