import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { readWriteAll } from '../../domain/access.ts';
import { anywhere, failing } from '../answer/answers.ts';

const json = (description: string, schema: object) => ({
  description,
  content: { 'application/json': { schema: { type: 'object' as const, ...schema } } },
});
const text = { type: 'string' } as const;
/** The page at /docs fills in every field of a form, without an example too. A secret beside an assertion is refused. */
const leftOut = { examples: [''] };
const oauthError = json('As RFC 6749 §5.2 has it.', {
  required: ['error'],
  properties: { error: text, error_description: text },
});

/** What any address may answer before the library sees the request. Written here, because @fastify/swagger resolves references of routes only. */
const problem = { $ref: '#/components/schemas/Problem' };
const refusals = Object.fromEntries(
  anywhere.map((status) => [
    status,
    { description: failing[status] ?? '', content: { 'application/json': { schema: problem } } },
  ]),
);

/** The answers of the OpenID library, described by hand: its routes have no schemas. */
export const connectPaths: NonNullable<NonNullable<FastifyDynamicSwaggerOptions['openapi']>['paths']> = {
  '/connect/token': {
    post: {
      operationId: 'getAccessToken',
      summary: 'Get an access token',
      tags: ['Access'],
      security: [],
      requestBody: {
        required: true,
        content: {
          'application/x-www-form-urlencoded': {
            // The samples are made from it.
            example: {
              grant_type: 'client_credentials',
              client_id: 'CLIENT_ID',
              client_secret: 'CLIENT_SECRET',
              scope: readWriteAll,
            },
            schema: {
              type: 'object' as const,
              required: ['grant_type', 'scope'],
              properties: {
                grant_type: { type: 'string' as const, const: 'client_credentials' },
                client_id: { ...text, examples: ['CLIENT_ID'], description: 'Here or by HTTP Basic.' },
                client_secret: {
                  ...text,
                  examples: ['CLIENT_SECRET'],
                  description: 'Here or by HTTP Basic. With a certificate: leave it out and send an assertion.',
                },
                client_assertion_type: {
                  ...text,
                  ...leftOut,
                  description: 'With an assertion: `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.',
                },
                client_assertion: {
                  ...text,
                  ...leftOut,
                  description: 'A JWT signed with the key of the app’s certificate.',
                },
                scope: { type: 'string' as const, const: readWriteAll },
              },
            },
          },
        },
      },
      responses: {
        200: json('The token.', {
          required: ['access_token', 'token_type', 'expires_in', 'scope'],
          properties: {
            access_token: text,
            token_type: { type: 'string' as const, const: 'Bearer' },
            expires_in: { type: 'integer' as const, description: 'Seconds.' },
            scope: text,
          },
        }),
        ...refusals,
        400: oauthError,
        401: oauthError,
      },
    },
  },
  '/.well-known/openid-configuration': {
    get: {
      operationId: 'getDiscovery',
      summary: 'OpenID Connect discovery',
      tags: ['Access'],
      security: [],
      responses: { ...refusals, 200: json('OpenID Connect Discovery 1.0 §3.', { additionalProperties: true }) },
    },
  },
};
