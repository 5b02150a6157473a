import { parentPort, workerData } from 'node:worker_threads';
import { sha256Of } from '../../kit/sha256.ts';

/** Sends the SHA-256 (hex) of a part of an open file, or throws. */
const { fd, start, end } = workerData as { readonly fd: number; readonly start: number; readonly end: number };
parentPort?.postMessage(await sha256Of(fd, start, end));
