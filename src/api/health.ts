import { Type } from 'typebox';

export const Alive = Type.Object({ status: Type.Literal('alive') });
export const Readiness = Type.Object({
  status: Type.Enum(['ready', 'not ready']),
  parts: Type.Record(Type.String(), Type.String(), { description: 'The state of each part.' }),
});
export const OpenApiDocument = Type.Object({ openapi: Type.String() }, { additionalProperties: true });
