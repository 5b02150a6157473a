import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Failure } from '../../domain/failure.ts';
import type { Http } from '../parts.ts';

/** The address that clients know the service by; without a public URL the one that it listens on. */
export function ownUrl(app: Http, publicUrl: string | null): string {
  if (publicUrl !== null) return publicUrl;
  const { address, family, port } = app.server.address() as AddressInfo;
  if (address === '0.0.0.0' || address === '::') return `http://localhost:${port}`;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/**
 * Refuses requests that two readers could take for requests to different hosts (RFC 9112 §3.2): several Host headers
 * or none, no HTTP version, and an address with a host that is not ours.
 */
export function refuseAmbiguous(raw: IncomingMessage, ownUrl: () => string): void {
  if (raw.httpVersionMajor !== 1) throw malformed('The request has no HTTP version; send HTTP/1.1.');
  const hosts = raw.rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === 'host').length;
  // HTTP/1.0 has no Host; its probes are answered.
  if (hosts === 0 && raw.httpVersion === '1.1') throw malformed('The request has no Host header; send one.');
  if (hosts > 1) throw malformed('The request has several Host headers; send one.');
  const target = raw.url ?? '';
  if (target.startsWith('/') || target === '*') return;
  if (URL.parse(target)?.origin !== new URL(ownUrl()).origin) {
    throw malformed('The request line names another host than this one; send the path alone.');
  }
}

function malformed(message: string): Failure {
  return new Failure('request_malformed', message);
}
